-- What has been computed from what: a game is due whenever it has moved on since it was scored.
-- So a worker that dies between storing plays and scoring them leaves nothing unscored.

CREATE TABLE clutch_scored (
    definition_id text COLLATE "C" NOT NULL REFERENCES clutch_definitions ON DELETE CASCADE,
    game_id       text COLLATE "C" NOT NULL,
    sequence      integer NOT NULL,
    PRIMARY KEY (definition_id, game_id)
);

-- Leaderboards and percentiles belong to a whole season; a row here says that one is out of date.
CREATE TABLE clutch_stale_seasons (
    definition_id text COLLATE "C" NOT NULL REFERENCES clutch_definitions ON DELETE CASCADE,
    season        text COLLATE "C" NOT NULL,
    season_type   text COLLATE "C" NOT NULL,
    PRIMARY KEY (definition_id, season, season_type)
);
