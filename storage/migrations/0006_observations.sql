-- The body: canonical records of wearables, readings, the days made of them, and what has been taken back.
--
-- Hot tables carry no foreign keys, and ids compare byte by byte. The key of a record is
-- (athlete_id, vendor, source_id); an id that begins with '@' was made of a time, because the source
-- gives none. "quality" is a JSON array of remarks. "layers" is NULL where one origin alone speaks of a
-- row; else it holds what each of them said, so that versions may arrive in any order.

CREATE TABLE nights (
    athlete_id           bigint NOT NULL,
    vendor               text COLLATE "C" NOT NULL,
    source_id            text COLLATE "C" NOT NULL,
    origin               text COLLATE "C" NOT NULL,
    vendor_updated_at    timestamptz,
    source               text,
    "row"                integer,
    document             bigint,
    adapter_version      text NOT NULL,
    quality              jsonb NOT NULL DEFAULT '[]',
    layers               jsonb,
    stored_at            timestamptz NOT NULL DEFAULT now(),
    day                  date NOT NULL,
    start_at             timestamptz NOT NULL,
    end_at               timestamptz NOT NULL,
    utc_offset_s         integer,
    nap                  boolean NOT NULL,
    cycle_id             text COLLATE "C",
    asleep_min           double precision,
    in_bed_min           double precision,
    awake_min            double precision,
    light_min            double precision,
    deep_min             double precision,
    rem_min              double precision,
    no_data_min          double precision,
    latency_min          double precision,
    need_min             double precision,
    debt_min             double precision,
    efficiency_pct       double precision,
    performance_pct      double precision,
    consistency_pct      double precision,
    sleep_score          double precision,
    disturbances         double precision,
    sleep_cycles         double precision,
    respiratory_rate_rpm double precision,
    avg_hr_bpm           double precision,
    min_hr_bpm           double precision,
    temp_deviation_c     double precision,
    PRIMARY KEY (athlete_id, vendor, source_id),
    CONSTRAINT nights_origin_known CHECK (origin IN ('derived', 'file', 'api')),
    CONSTRAINT nights_in_order CHECK (end_at >= start_at)
);
CREATE INDEX nights_day ON nights (athlete_id, day);
CREATE INDEX nights_start ON nights (athlete_id, start_at);

CREATE TABLE night_stages (
    athlete_id bigint NOT NULL,
    vendor     text COLLATE "C" NOT NULL,
    source_id  text COLLATE "C" NOT NULL,
    n          integer NOT NULL,
    start_at   timestamptz NOT NULL,
    end_at     timestamptz NOT NULL,
    stage      text COLLATE "C" NOT NULL,
    PRIMARY KEY (athlete_id, vendor, source_id, n),
    CONSTRAINT night_stages_stage_known CHECK (
        stage IN ('awake', 'light', 'deep', 'rem', 'asleep', 'in_bed', 'no_data')
    )
);

-- "day_rule" tells how the day of a record was found that may have none of its own: 'given' by the
-- source, from its 'night', from its 'cycle', from its 'start', or not yet ('none').
CREATE TABLE hrv_nights (
    athlete_id        bigint NOT NULL,
    vendor            text COLLATE "C" NOT NULL,
    source_id         text COLLATE "C" NOT NULL,
    origin            text COLLATE "C" NOT NULL,
    vendor_updated_at timestamptz,
    source            text,
    "row"             integer,
    document          bigint,
    adapter_version   text NOT NULL,
    quality           jsonb NOT NULL DEFAULT '[]',
    layers            jsonb,
    stored_at         timestamptz NOT NULL DEFAULT now(),
    day               date,
    day_rule          text COLLATE "C" NOT NULL,
    start_at          timestamptz NOT NULL,
    end_at            timestamptz,
    utc_offset_s      integer,
    night_id          text COLLATE "C",
    in_sleep          boolean NOT NULL,
    hrv_rmssd_ms      double precision,
    hrv_sdnn_ms       double precision,
    samples           integer,
    PRIMARY KEY (athlete_id, vendor, source_id),
    CONSTRAINT hrv_nights_origin_known CHECK (origin IN ('derived', 'file', 'api')),
    CONSTRAINT hrv_nights_day_rule_known CHECK (day_rule IN ('given', 'night', 'cycle', 'start', 'none'))
);
CREATE INDEX hrv_nights_day ON hrv_nights (athlete_id, day);
CREATE INDEX hrv_nights_start ON hrv_nights (athlete_id, start_at);

CREATE TABLE recoveries (
    athlete_id           bigint NOT NULL,
    vendor               text COLLATE "C" NOT NULL,
    source_id            text COLLATE "C" NOT NULL,
    origin               text COLLATE "C" NOT NULL,
    vendor_updated_at    timestamptz,
    source               text,
    "row"                integer,
    document             bigint,
    adapter_version      text NOT NULL,
    quality              jsonb NOT NULL DEFAULT '[]',
    layers               jsonb,
    stored_at            timestamptz NOT NULL DEFAULT now(),
    day                  date,
    day_rule             text COLLATE "C" NOT NULL,
    start_at             timestamptz,
    utc_offset_s         integer,
    night_id             text COLLATE "C",
    cycle_id             text COLLATE "C",
    recovery_pct         double precision,
    resting_hr_bpm       double precision,
    hrv_rmssd_ms         double precision,
    hrv_sdnn_ms          double precision,
    spo2_pct             double precision,
    skin_temp_c          double precision,
    temp_deviation_c     double precision,
    respiratory_rate_rpm double precision,
    contributors         jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (athlete_id, vendor, source_id),
    CONSTRAINT recoveries_origin_known CHECK (origin IN ('derived', 'file', 'api')),
    CONSTRAINT recoveries_day_rule_known CHECK (day_rule IN ('given', 'night', 'cycle', 'start', 'none'))
);
CREATE INDEX recoveries_day ON recoveries (athlete_id, day);

CREATE TABLE cycles (
    athlete_id        bigint NOT NULL,
    vendor            text COLLATE "C" NOT NULL,
    source_id         text COLLATE "C" NOT NULL,
    origin            text COLLATE "C" NOT NULL,
    vendor_updated_at timestamptz,
    source            text,
    "row"             integer,
    document          bigint,
    adapter_version   text NOT NULL,
    quality           jsonb NOT NULL DEFAULT '[]',
    layers            jsonb,
    stored_at         timestamptz NOT NULL DEFAULT now(),
    day               date,
    day_rule          text COLLATE "C" NOT NULL,
    start_at          timestamptz NOT NULL,
    end_at            timestamptz,
    utc_offset_s      integer,
    strain            double precision,
    energy_kj         double precision,
    avg_hr_bpm        double precision,
    max_hr_bpm        double precision,
    PRIMARY KEY (athlete_id, vendor, source_id),
    CONSTRAINT cycles_origin_known CHECK (origin IN ('derived', 'file', 'api')),
    CONSTRAINT cycles_day_rule_known CHECK (day_rule IN ('given', 'night', 'cycle', 'start', 'none'))
);
CREATE INDEX cycles_day ON cycles (athlete_id, day);
CREATE INDEX cycles_start ON cycles (athlete_id, start_at);

CREATE TABLE workouts (
    athlete_id            bigint NOT NULL,
    vendor                text COLLATE "C" NOT NULL,
    source_id             text COLLATE "C" NOT NULL,
    origin                text COLLATE "C" NOT NULL,
    vendor_updated_at     timestamptz,
    source                text,
    "row"                 integer,
    document              bigint,
    adapter_version       text NOT NULL,
    quality               jsonb NOT NULL DEFAULT '[]',
    layers                jsonb,
    stored_at             timestamptz NOT NULL DEFAULT now(),
    day                   date NOT NULL,
    start_at              timestamptz NOT NULL,
    end_at                timestamptz,
    utc_offset_s          integer,
    activity              text NOT NULL,
    activity_label        text,
    duration_min          double precision,
    strain                double precision,
    energy_kj             double precision,
    avg_hr_bpm            double precision,
    min_hr_bpm            double precision,
    max_hr_bpm            double precision,
    distance_m            double precision,
    altitude_gain_m       double precision,
    altitude_change_m     double precision,
    recorded_pct          double precision,
    zone_0_min            double precision,
    zone_1_min            double precision,
    zone_2_min            double precision,
    zone_3_min            double precision,
    zone_4_min            double precision,
    zone_5_min            double precision,
    player_load           double precision,
    training_load         double precision,
    high_speed_distance_m double precision,
    sprint_distance_m     double precision,
    max_speed_m_s         double precision,
    intensity             text,
    gps                   boolean,
    PRIMARY KEY (athlete_id, vendor, source_id),
    CONSTRAINT workouts_origin_known CHECK (origin IN ('derived', 'file', 'api'))
);
CREATE INDEX workouts_day ON workouts (athlete_id, day);
CREATE INDEX workouts_start ON workouts (athlete_id, start_at);

CREATE TABLE body_measurements (
    athlete_id        bigint NOT NULL,
    vendor            text COLLATE "C" NOT NULL,
    source_id         text COLLATE "C" NOT NULL,
    origin            text COLLATE "C" NOT NULL,
    vendor_updated_at timestamptz,
    source            text,
    "row"             integer,
    document          bigint,
    adapter_version   text NOT NULL,
    quality           jsonb NOT NULL DEFAULT '[]',
    layers            jsonb,
    stored_at         timestamptz NOT NULL DEFAULT now(),
    day               date NOT NULL,
    start_at          timestamptz NOT NULL,
    utc_offset_s      integer,
    height_m          double precision,
    weight_kg         double precision,
    body_fat_pct      double precision,
    lean_mass_kg      double precision,
    max_hr_bpm        double precision,
    PRIMARY KEY (athlete_id, vendor, source_id),
    CONSTRAINT body_measurements_origin_known CHECK (origin IN ('derived', 'file', 'api'))
);
CREATE INDEX body_measurements_day ON body_measurements (athlete_id, day);
CREATE INDEX body_measurements_start ON body_measurements (athlete_id, start_at);

CREATE TABLE daily_summaries (
    athlete_id        bigint NOT NULL,
    vendor            text COLLATE "C" NOT NULL,
    source_id         text COLLATE "C" NOT NULL,
    origin            text COLLATE "C" NOT NULL,
    vendor_updated_at timestamptz,
    source            text,
    "row"             integer,
    document          bigint,
    adapter_version   text NOT NULL,
    quality           jsonb NOT NULL DEFAULT '[]',
    layers            jsonb,
    stored_at         timestamptz NOT NULL DEFAULT now(),
    day               date NOT NULL,
    part              text COLLATE "C" NOT NULL DEFAULT '',
    utc_offset_s      integer,
    "values"          jsonb NOT NULL,
    PRIMARY KEY (athlete_id, vendor, source_id),
    CONSTRAINT daily_summaries_origin_known CHECK (origin IN ('derived', 'file', 'api'))
);
CREATE INDEX daily_summaries_day ON daily_summaries (athlete_id, day);

CREATE TABLE journal_entries (
    athlete_id        bigint NOT NULL,
    vendor            text COLLATE "C" NOT NULL,
    source_id         text COLLATE "C" NOT NULL,
    origin            text COLLATE "C" NOT NULL,
    vendor_updated_at timestamptz,
    source            text,
    "row"             integer,
    document          bigint,
    adapter_version   text NOT NULL,
    quality           jsonb NOT NULL DEFAULT '[]',
    layers            jsonb,
    stored_at         timestamptz NOT NULL DEFAULT now(),
    day               date,
    day_rule          text COLLATE "C" NOT NULL,
    start_at          timestamptz,
    utc_offset_s      integer,
    question          text NOT NULL,
    answer            boolean,
    value             text,
    notes             text,
    PRIMARY KEY (athlete_id, vendor, source_id),
    CONSTRAINT journal_entries_origin_known CHECK (origin IN ('derived', 'file', 'api')),
    CONSTRAINT journal_entries_day_rule_known CHECK (day_rule IN ('given', 'night', 'cycle', 'start', 'none'))
);
CREATE INDEX journal_entries_day ON journal_entries (athlete_id, day);

-- A stream is one metric as one device reports it: its number keeps a reading's row short.
CREATE TABLE reading_streams (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    athlete_id bigint NOT NULL,
    vendor     text COLLATE "C" NOT NULL,
    metric     text COLLATE "C" NOT NULL,
    source     text COLLATE "C" NOT NULL DEFAULT '',
    unsure     boolean NOT NULL DEFAULT false,  -- some reading tells no offset: its day depends on the nights
    CONSTRAINT reading_streams_once UNIQUE (athlete_id, metric, vendor, source)
);

-- Monthly partitions are made when the first reading of a month arrives (storage.observations.partitions).
CREATE TABLE readings (
    stream_id    integer NOT NULL,
    at           timestamptz NOT NULL,
    end_at       timestamptz NOT NULL,  -- of an instant: equal to "at"
    value        double precision NOT NULL,
    utc_offset_s integer,
    document     bigint,
    PRIMARY KEY (stream_id, at, end_at)
) PARTITION BY RANGE (at);

CREATE TABLE observation_documents (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    athlete_id      bigint NOT NULL,
    vendor          text COLLATE "C" NOT NULL,
    connection_id   bigint,
    sha256          text COLLATE "C" NOT NULL,
    name            text NOT NULL,
    data_type       text COLLATE "C",
    adapter_version text NOT NULL,
    rows            integer NOT NULL DEFAULT 0,
    complete        boolean NOT NULL DEFAULT false,  -- every row of it is stored: it need not be read again
    received_at     timestamptz NOT NULL,
    CONSTRAINT observation_documents_once UNIQUE (athlete_id, vendor, sha256)
);
CREATE INDEX observation_documents_sha256 ON observation_documents (sha256);

-- What a vendor has taken back: a version that is not newer stays out. "start_at" is when the record
-- began, where that was known, so that a file's row of the same fact stays out too.
CREATE TABLE tombstones (
    athlete_id bigint NOT NULL,
    vendor     text COLLATE "C" NOT NULL,
    data_type  text COLLATE "C" NOT NULL,
    source_id  text COLLATE "C" NOT NULL,
    deleted_at timestamptz NOT NULL,
    start_at   timestamptz,
    PRIMARY KEY (athlete_id, vendor, data_type, source_id)
);

-- One candidate a vendor; "value" is NULL where the vendor has a record but no value, "quality" says why.
-- "basis" is the table it was told from.
CREATE TABLE daily_values (
    athlete_id bigint NOT NULL,
    day        date NOT NULL,
    metric     text COLLATE "C" NOT NULL,
    vendor     text COLLATE "C" NOT NULL,
    value      double precision,
    basis      text COLLATE "C" NOT NULL,
    quality    jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (athlete_id, day, metric, vendor)
);

CREATE TABLE daily_effective (
    athlete_id bigint NOT NULL,
    day        date NOT NULL,
    metric     text COLLATE "C" NOT NULL,
    value      double precision NOT NULL,
    vendor     text COLLATE "C" NOT NULL,
    reason     text NOT NULL,
    candidates integer NOT NULL,
    PRIMARY KEY (athlete_id, day, metric)
);

CREATE TABLE source_orders (
    athlete_id bigint NOT NULL,
    metric     text COLLATE "C" NOT NULL,  -- '*': every metric without an order of its own
    vendors    text[] NOT NULL,
    PRIMARY KEY (athlete_id, metric)
);
