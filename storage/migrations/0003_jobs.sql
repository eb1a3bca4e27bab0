-- The job ledger: what is to be done, what was done, and what an import could not understand.

CREATE TABLE jobs (
    id             uuid PRIMARY KEY,
    kind           text COLLATE "C" NOT NULL,
    key            text COLLATE "C",
    args           jsonb NOT NULL DEFAULT '{}',
    state          text COLLATE "C" NOT NULL DEFAULT 'queued',
    attempts       integer NOT NULL DEFAULT 0,
    max_attempts   integer NOT NULL,
    timeout_s      integer NOT NULL,
    run_after      timestamptz NOT NULL DEFAULT now(),
    lease_until    timestamptz,
    progress_done  integer NOT NULL DEFAULT 0,
    progress_total integer NOT NULL DEFAULT 0,
    progress_note  text NOT NULL DEFAULT '',
    result         jsonb,
    error          text,
    created_at     timestamptz NOT NULL DEFAULT now(),
    started_at     timestamptz,
    finished_at    timestamptz,
    dispatched_at  timestamptz,
    CONSTRAINT jobs_state_known CHECK (state IN ('queued', 'running', 'succeeded', 'dead', 'cancelled')),
    CONSTRAINT jobs_attempts_not_negative CHECK (attempts >= 0),
    CONSTRAINT jobs_max_attempts_positive CHECK (max_attempts > 0),
    CONSTRAINT jobs_timeout_positive CHECK (timeout_s > 0)
);
CREATE UNIQUE INDEX jobs_one_open_per_key ON jobs (key) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_due ON jobs (state, run_after);
CREATE INDEX jobs_newest ON jobs (created_at, id);

CREATE TABLE job_rejections (
    job_id  uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
    n       integer NOT NULL,
    file    text NOT NULL,
    row     integer,
    field   text,
    game_id text COLLATE "C",
    play    integer,
    reason  text NOT NULL,
    PRIMARY KEY (job_id, n)
);
