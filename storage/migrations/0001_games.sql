-- People, games, plays, and the archive's index.
--
-- Ids are compared byte by byte (COLLATE "C"): their order carries no language, and sorted merges
-- are markedly faster so. Rows that arrive by the thousand carry no foreign keys: a document may
-- speak of a team before another document names it, and a check per row would cost a third of the
-- write speed. Their parents are written in the same transaction by storage.games.

CREATE TABLE teams (
    id           bigint PRIMARY KEY,
    abbreviation text,
    city         text,
    name         text
);

CREATE TABLE players (
    id   bigint PRIMARY KEY,
    name text
);

CREATE TABLE games (
    id           text COLLATE "C" PRIMARY KEY,
    vendor       text COLLATE "C" NOT NULL,
    league       text COLLATE "C",
    season       text COLLATE "C",
    season_type  text COLLATE "C",
    status       text COLLATE "C",
    tipoff_at    timestamptz,
    period       integer,
    clock_s      double precision,
    home_team_id bigint,
    away_team_id bigint,
    home_score   integer,
    away_score   integer,
    sequence     integer NOT NULL DEFAULT 0,
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT games_status_known CHECK (status IN ('scheduled', 'live', 'final')),
    CONSTRAINT games_sequence_not_negative CHECK (sequence >= 0)
);
CREATE INDEX games_season ON games (season, season_type);
CREATE INDEX games_tipoff ON games ((coalesce(tipoff_at, TIMESTAMPTZ 'epoch')), id);
CREATE INDEX games_home_team ON games (home_team_id, tipoff_at);
CREATE INDEX games_away_team ON games (away_team_id, tipoff_at);
CREATE INDEX games_live ON games (id) WHERE status = 'live';

CREATE TABLE game_players (
    game_id   text COLLATE "C" NOT NULL,
    player_id bigint NOT NULL,
    team_id   bigint NOT NULL,
    starter   boolean,
    PRIMARY KEY (game_id, player_id)
);
CREATE INDEX game_players_player ON game_players (player_id);

CREATE TABLE plays (
    game_id       text COLLATE "C" NOT NULL,
    number        integer NOT NULL,
    position      integer NOT NULL,
    period        integer NOT NULL,
    clock_s       double precision NOT NULL,
    kind          text COLLATE "C" NOT NULL,
    subtype       text COLLATE "C" NOT NULL,
    team_id       bigint,
    player_id     bigint,
    assist_id     bigint,
    steal_id      bigint,
    block_id      bigint,
    foul_drawn_id bigint,
    sub_in_id     bigint,
    shot_value    integer,
    made          boolean,
    points        integer NOT NULL,
    distance_ft   real,
    x_ft          real,
    y_ft          real,
    score_home    integer NOT NULL,
    score_away    integer NOT NULL,
    description   text NOT NULL,
    occurred_at   timestamptz,
    edited_at     timestamptz,
    PRIMARY KEY (game_id, number)
);
CREATE INDEX plays_position ON plays (game_id, position);

CREATE TABLE play_revisions (
    game_id  text COLLATE "C" NOT NULL,
    sequence integer NOT NULL,
    number   integer NOT NULL,
    kind     text COLLATE "C" NOT NULL,
    before   jsonb,
    after    jsonb,
    PRIMARY KEY (game_id, sequence, number),
    CONSTRAINT play_revisions_kind_known CHECK (kind IN ('inserted', 'changed', 'retracted')),
    CONSTRAINT play_revisions_sides CHECK (
        (before IS NULL) = (kind = 'inserted') AND (after IS NULL) = (kind = 'retracted')
    )
);

CREATE TABLE live_events (
    game_id     text COLLATE "C" NOT NULL,
    topic       text COLLATE "C" NOT NULL,
    sequence    integer NOT NULL,
    payload     jsonb NOT NULL,
    received_at timestamptz NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (game_id, topic, sequence),
    CONSTRAINT live_events_topic_known CHECK (topic IN ('game', 'clutch'))
);

CREATE TABLE raw_documents (
    sha256    text COLLATE "C" PRIMARY KEY,
    vendor    text COLLATE "C" NOT NULL,
    name      text NOT NULL,
    size      bigint NOT NULL,
    location  text NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT raw_documents_sha256_form CHECK (sha256 ~ '^[0-9a-f]{64}$')
);
CREATE INDEX raw_documents_stored ON raw_documents (stored_at, sha256);

CREATE TABLE normalised_documents (
    sha256          text COLLATE "C" NOT NULL,
    adapter_version text COLLATE "C" NOT NULL,
    rows            integer NOT NULL,  -- what it held, so that a report can count it without reading it
    PRIMARY KEY (sha256, adapter_version)
);
