-- Clutch: definitions are data, everything else here can be recomputed from the plays.

CREATE TABLE clutch_definitions (
    id           text COLLATE "C" PRIMARY KEY,
    name         text NOT NULL,
    last_seconds integer NOT NULL,
    margin       integer NOT NULL,
    min_period   integer NOT NULL,
    built_in     boolean NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT clutch_definitions_id_form CHECK (id ~ '^[a-z0-9][a-z0-9-]*$' AND length(id) <= 64),
    CONSTRAINT clutch_definitions_last_seconds CHECK (last_seconds > 0),
    CONSTRAINT clutch_definitions_margin CHECK (margin >= 0),
    CONSTRAINT clutch_definitions_min_period CHECK (min_period >= 1)
);

INSERT INTO clutch_definitions (id, name, last_seconds, margin, min_period, built_in)
VALUES ('league', 'Last 5 minutes, within 5 points', 300, 5, 4, true);

CREATE TABLE clutch_situations (
    definition_id text COLLATE "C" NOT NULL REFERENCES clutch_definitions ON DELETE CASCADE,
    game_id       text COLLATE "C" NOT NULL,
    number        integer NOT NULL,
    start_period  integer NOT NULL,
    start_clock_s double precision NOT NULL,
    end_period    integer NOT NULL,
    end_clock_s   double precision NOT NULL,
    start_margin  integer NOT NULL,
    end_margin    integer NOT NULL,
    home_points   integer NOT NULL,
    away_points   integer NOT NULL,
    plays         integer NOT NULL,
    PRIMARY KEY (definition_id, game_id, number)
);

CREATE TABLE clutch_player_games (
    definition_id   text COLLATE "C" NOT NULL REFERENCES clutch_definitions ON DELETE CASCADE,
    game_id         text COLLATE "C" NOT NULL,
    player_id       bigint NOT NULL,
    team_id         bigint NOT NULL,
    season          text COLLATE "C",
    season_type     text COLLATE "C",
    tipoff_at       timestamptz,
    seconds         double precision NOT NULL,
    fgm             integer NOT NULL,
    fga             integer NOT NULL,
    fg3m            integer NOT NULL,
    fg3a            integer NOT NULL,
    ftm             integer NOT NULL,
    fta             integer NOT NULL,
    oreb            integer NOT NULL,
    dreb            integer NOT NULL,
    ast             integer NOT NULL,
    tov             integer NOT NULL,
    stl             integer NOT NULL,
    blk             integer NOT NULL,
    pf              integer NOT NULL,
    pts             integer NOT NULL,
    plus_minus      integer NOT NULL,
    expected_points double precision NOT NULL,
    poe             double precision NOT NULL,
    actions         integer NOT NULL,
    successes       integer NOT NULL,
    score           double precision,
    adjusted_score  double precision,
    percentile      double precision,
    lineups_complete boolean NOT NULL,
    PRIMARY KEY (definition_id, game_id, player_id)
);
CREATE INDEX clutch_player_games_timeline
    ON clutch_player_games (player_id, definition_id, (coalesce(tipoff_at, TIMESTAMPTZ 'epoch')), game_id);
CREATE INDEX clutch_player_games_season ON clutch_player_games (definition_id, season, season_type);

CREATE TABLE clutch_team_games (
    definition_id   text COLLATE "C" NOT NULL REFERENCES clutch_definitions ON DELETE CASCADE,
    game_id         text COLLATE "C" NOT NULL,
    team_id         bigint NOT NULL,
    season          text COLLATE "C",
    season_type     text COLLATE "C",
    tipoff_at       timestamptz,
    seconds         double precision NOT NULL,
    fgm             integer NOT NULL,
    fga             integer NOT NULL,
    fg3m            integer NOT NULL,
    fg3a            integer NOT NULL,
    ftm             integer NOT NULL,
    fta             integer NOT NULL,
    oreb            integer NOT NULL,
    dreb            integer NOT NULL,
    ast             integer NOT NULL,
    tov             integer NOT NULL,
    stl             integer NOT NULL,
    blk             integer NOT NULL,
    pf              integer NOT NULL,
    pts             integer NOT NULL,
    plus_minus      integer NOT NULL,
    PRIMARY KEY (definition_id, game_id, team_id)
);
CREATE INDEX clutch_team_games_season ON clutch_team_games (definition_id, season, season_type);

CREATE TABLE clutch_leaders (
    definition_id   text COLLATE "C" NOT NULL REFERENCES clutch_definitions ON DELETE CASCADE,
    season          text COLLATE "C" NOT NULL,
    season_type     text COLLATE "C" NOT NULL,
    player_id       bigint NOT NULL,
    team_id         bigint,
    games           integer NOT NULL,
    seconds         double precision NOT NULL,
    fgm             integer NOT NULL,
    fga             integer NOT NULL,
    fg3m            integer NOT NULL,
    fg3a            integer NOT NULL,
    ftm             integer NOT NULL,
    fta             integer NOT NULL,
    oreb            integer NOT NULL,
    dreb            integer NOT NULL,
    ast             integer NOT NULL,
    tov             integer NOT NULL,
    stl             integer NOT NULL,
    blk             integer NOT NULL,
    pf              integer NOT NULL,
    pts             integer NOT NULL,
    plus_minus      integer NOT NULL,
    expected_points double precision NOT NULL,
    poe             double precision NOT NULL,
    score_mean      double precision,
    percentile      double precision,
    rank            integer,
    PRIMARY KEY (definition_id, season, season_type, player_id)
);
-- Who has too few games for a rank stands behind all who have one.
CREATE INDEX clutch_leaders_rank
    ON clutch_leaders (definition_id, season, season_type, (coalesce(rank, 2147483647)), player_id);
