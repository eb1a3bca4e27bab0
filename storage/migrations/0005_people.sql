-- Athletes, their connections to vendors, and how far each connection has been synchronised.
-- Tokens and secrets are sealed (storage/people/vault.py); what is only ever compared is stored as its hash.

CREATE TABLE athletes (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    time_zone  text NOT NULL DEFAULT 'UTC',
    player_id  bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT athletes_name_unique UNIQUE (name),
    CONSTRAINT athletes_name_not_blank CHECK (btrim(name) <> '')
);

CREATE TABLE connections (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    athlete_id     bigint NOT NULL REFERENCES athletes ON DELETE CASCADE,
    vendor         text COLLATE "C" NOT NULL,
    status         text COLLATE "C" NOT NULL DEFAULT 'connected',
    status_reason  text,
    vendor_user_id text COLLATE "C",
    scopes         text[] NOT NULL DEFAULT '{}',
    webhook_at     timestamptz,
    subscribed     boolean NOT NULL DEFAULT false,
    connected_at   timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT connections_status_known CHECK (status IN ('connected', 'needs_reauth', 'revoked', 'removed'))
);
CREATE UNIQUE INDEX connections_one_per_vendor ON connections (athlete_id, vendor) WHERE status <> 'removed';
-- A revoked connection gives its account free: the same person may be another athlete here by then.
CREATE UNIQUE INDEX connections_one_per_account ON connections (vendor, vendor_user_id)
    WHERE status IN ('connected', 'needs_reauth');

CREATE TABLE connection_tokens (
    connection_id bigint PRIMARY KEY REFERENCES connections ON DELETE CASCADE,
    key_id        text COLLATE "C" NOT NULL,
    nonce         bytea NOT NULL,
    sealed        bytea NOT NULL,
    expires_at    timestamptz,
    version       integer NOT NULL DEFAULT 1,
    updated_at    timestamptz NOT NULL DEFAULT now()
);

-- The operator's registration with a vendor; a public client has no secret, a team's vendor not even an id.
CREATE TABLE vendor_apps (
    vendor       text COLLATE "C" PRIMARY KEY,
    client_id    text,
    key_id       text COLLATE "C",
    nonce        bytea,
    sealed       bytea,
    base_url     text,
    callback_url text,
    options      jsonb NOT NULL DEFAULT '{}',
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT vendor_apps_sealed_whole CHECK ((key_id IS NULL) = (sealed IS NULL) AND (nonce IS NULL) = (sealed IS NULL))
);

CREATE TABLE connect_attempts (
    state_hash   text COLLATE "C" PRIMARY KEY,
    session_hash text COLLATE "C" NOT NULL,
    athlete_id   bigint NOT NULL REFERENCES athletes ON DELETE CASCADE,
    vendor       text COLLATE "C" NOT NULL,
    key_id       text COLLATE "C" NOT NULL,
    nonce        bytea NOT NULL,
    sealed       bytea NOT NULL,
    redirect_uri text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at   timestamptz NOT NULL,
    used_at      timestamptz
);
CREATE INDEX connect_attempts_session ON connect_attempts (session_hash);

CREATE TABLE sync_states (
    connection_id   bigint NOT NULL REFERENCES connections ON DELETE CASCADE,
    data_type       text COLLATE "C" NOT NULL,
    status          text COLLATE "C" NOT NULL DEFAULT 'never',
    last_attempt_at timestamptz,
    last_success_at timestamptz,
    synced_until    timestamptz,
    cursor          text,
    cursor_since    timestamptz,
    cursor_until    timestamptz,
    backfill_from   timestamptz,
    backfill_until  timestamptz,
    backfill_done   boolean NOT NULL DEFAULT false,
    records         bigint NOT NULL DEFAULT 0,
    rejected        bigint NOT NULL DEFAULT 0,
    error           text,
    failures        integer NOT NULL DEFAULT 0,
    PRIMARY KEY (connection_id, data_type),
    CONSTRAINT sync_states_status_known
        CHECK (status IN ('never', 'syncing', 'ok', 'partial', 'error', 'not_shared'))
);

CREATE TABLE webhook_events (
    vendor         text COLLATE "C" NOT NULL,
    event_id       text COLLATE "C" NOT NULL,
    connection_id  bigint REFERENCES connections ON DELETE CASCADE,
    kind           text COLLATE "C" NOT NULL,
    data_type      text COLLATE "C",
    record_id      text COLLATE "C",
    vendor_user_id text COLLATE "C" NOT NULL,
    occurred_at    timestamptz,
    received_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    processed_at   timestamptz,
    outcome        text,
    PRIMARY KEY (vendor, event_id),
    CONSTRAINT webhook_events_kind_known CHECK (kind IN ('changed', 'deleted', 'revoked'))
);
CREATE INDEX webhook_events_pending ON webhook_events (vendor, received_at) WHERE processed_at IS NULL;
CREATE INDEX webhook_events_connection ON webhook_events (connection_id);

CREATE TABLE vendor_circuits (
    vendor        text COLLATE "C" PRIMARY KEY,
    failures      integer NOT NULL DEFAULT 0,
    opened_at     timestamptz,
    retry_at      timestamptz,
    probing_until timestamptz,
    reason        text
);

CREATE TABLE ingest_tokens (
    token_hash   text COLLATE "C" PRIMARY KEY,
    athlete_id   bigint NOT NULL REFERENCES athletes ON DELETE CASCADE,
    vendor       text COLLATE "C" NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_used_at timestamptz
);
CREATE INDEX ingest_tokens_athlete ON ingest_tokens (athlete_id);
