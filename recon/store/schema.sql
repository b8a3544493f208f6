-- The store: what was read, what was proposed, what people decided, what was posted.
--
-- Plain SQL that SQLite and PostgreSQL both take. Nothing is ever updated or deleted, except a run's row, which
-- is finished once (seq, status, summary). Money is decimal text as in the files, dates are ISO text, moments are
-- ISO text with their offset.
--
-- `run_seq` is the place of a finished run among the finished runs, from 1: the store's only clock. A decision or
-- an acceptance belongs to the run that was the last one when it was made.
--
-- Versions. To change what is kept: add a version here with its reason, and its step in recon/store/migrate.py.
--   1  the first
--   2  all that a run read is kept, so that other rules can be tried on it: runs.whole, run_lines, inputs_seen;
--      and whose account a proposal puts cash on, so that it is posted there: proposal_allocations.customer_id
--   3  who ran and who posted, for the log of a workbook that several people use: runs.who, batches.who
--   4  a hash chain over all that is kept, so that what was changed beside recon is seen: chain
--   5  what was settled can be taken back or moved, by counter-rows and never by a change: settlements and accepted
--      have the turn of their line, postings too, decisions say which turn they made,
--      who applied them, and who approved them as second person;
--      and what decisions taught is kept, with who accepted or withdrew it: learned;
--      and what is of persons can be erased while the chain holds: salts, and privacy_log, which says who erased what,
--      and who had names shown;
--      and queries and promises have a clock and hold items up: cases
--   6  indexes by run, decision and line: a look at what one link of the chain holds read whole tables
--   7  that a posting file was written, so that one whose job was killed before that is written by the next: deliveries
--   8  what a change that is tried would have done, so that later decisions say how right it was: shadows,
--      shadow_proposals

CREATE TABLE schema_version (
    version INTEGER NOT NULL
);

CREATE TABLE runs (
    run_id TEXT NOT NULL PRIMARY KEY,
    seq BIGINT UNIQUE,              -- empty until the run is finished
    started TEXT NOT NULL,
    as_of TEXT NOT NULL,
    rules_digest TEXT NOT NULL,
    rules TEXT NOT NULL,            -- the rules themselves as JSON, to perform the run again
    status TEXT NOT NULL,           -- begun, finished
    summary TEXT NOT NULL,          -- JSON
    whole INTEGER NOT NULL DEFAULT 0, -- 1: all that it read is kept; 0: it ran before version 2
    who TEXT NOT NULL DEFAULT ''    -- login of whoever ran it; empty: before version 3
);

CREATE TABLE inputs (
    run_seq BIGINT NOT NULL,
    nth BIGINT NOT NULL,            -- place in the run's list of files
    path TEXT NOT NULL,
    digest TEXT NOT NULL,           -- SHA-256 of the file
    kind TEXT NOT NULL,
    format TEXT NOT NULL,
    profile TEXT NOT NULL,
    row_count BIGINT NOT NULL,
    statements TEXT NOT NULL,       -- opening, closing, footing of each statement in it, as JSON
    PRIMARY KEY (run_seq, nth)
);

-- As read, by the first run that saw it: the same line in a later file adds nothing.
CREATE TABLE bank_lines (
    line_id TEXT NOT NULL PRIMARY KEY,
    run_seq BIGINT NOT NULL,
    nth BIGINT NOT NULL,
    account TEXT,
    booking_date TEXT,
    value_date TEXT,
    amount TEXT,
    currency TEXT,
    type TEXT,
    counterparty TEXT,
    counterparty_account TEXT,
    reference TEXT,
    narrative TEXT,
    statement_id TEXT,
    source TEXT,
    position BIGINT,
    digest TEXT,
    extras TEXT NOT NULL,           -- columns that we don't know, as JSON
    salt TEXT NOT NULL DEFAULT ''   -- with it the chain holds what is of persons: recon/store/personal.py
);

-- Which lines a run read, also those that an earlier run read first, in the order they came.
CREATE TABLE run_lines (
    run_seq BIGINT NOT NULL,
    nth BIGINT NOT NULL,
    line_id TEXT NOT NULL,
    source TEXT,
    position BIGINT,
    content TEXT NOT NULL,          -- as JSON, where it is not what bank_lines has; else empty
    extras TEXT NOT NULL,
    salt TEXT NOT NULL DEFAULT '',  -- with it the chain holds what is of persons: recon/store/personal.py
    PRIMARY KEY (run_seq, nth)
);

-- Remittances, customers, aliases and closed items by their changes: a row where the number of rows that say the
-- same is not what it was in the run before.
CREATE TABLE inputs_seen (
    kind TEXT NOT NULL,
    fingerprint TEXT NOT NULL,      -- of content and extras
    run_seq BIGINT NOT NULL,
    nth BIGINT NOT NULL,            -- place among the rows of its kind
    row_count BIGINT NOT NULL,      -- how many such rows there are from this run on; 0: no more
    content TEXT NOT NULL,          -- all columns of ours that are filled, as JSON; empty if there are none
    extras TEXT NOT NULL,
    salt TEXT NOT NULL DEFAULT '',  -- with it the chain holds what is of persons: recon/store/personal.py
    PRIMARY KEY (kind, fingerprint, run_seq)
);

-- Open items by their changes: a row where an item is new, differs from its last row, or is gone from the extract.
CREATE TABLE items_seen (
    item_id TEXT NOT NULL,
    run_seq BIGINT NOT NULL,
    nth BIGINT NOT NULL,            -- place in the extract; tells rows of one item_id apart
    present INTEGER NOT NULL,       -- 0: no longer in the extract
    currency TEXT NOT NULL,
    open_amount TEXT NOT NULL,
    digest TEXT NOT NULL,           -- the extract
    fingerprint TEXT NOT NULL,      -- of content and extras: an unchanged item adds no row
    content TEXT NOT NULL,          -- all columns of ours that are filled, as JSON
    extras TEXT NOT NULL,           -- columns that we don't know, as JSON
    salt TEXT NOT NULL DEFAULT '',  -- with it the chain holds what is of persons: recon/store/personal.py
    PRIMARY KEY (item_id, run_seq, nth)
);

CREATE TABLE proposals (
    run_seq BIGINT NOT NULL,
    line_id TEXT NOT NULL,
    nth BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT,
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    row_hash TEXT NOT NULL,         -- fingerprint of what the reviewer sees
    again INTEGER NOT NULL,         -- 1: the line was settled before this run, nothing new is proposed
    PRIMARY KEY (line_id, run_seq)
);

CREATE TABLE proposal_allocations (
    run_seq BIGINT NOT NULL,
    nth BIGINT NOT NULL,
    line_id TEXT NOT NULL,
    item_id TEXT,
    amount TEXT,
    currency TEXT,
    deduction TEXT,
    deduction_type TEXT,
    status TEXT,
    confidence TEXT,                -- decimal text of a share, 0 to 1
    rule TEXT,
    reasons TEXT,
    customer_id TEXT,               -- whose item or account; empty: not known, or proposed before version 2
    PRIMARY KEY (line_id, run_seq, nth)
);

CREATE TABLE proposal_exceptions (
    run_seq BIGINT NOT NULL,
    nth BIGINT NOT NULL,
    line_id TEXT NOT NULL,
    code TEXT,
    amount TEXT,
    currency TEXT,
    detail TEXT,
    alternatives TEXT,
    PRIMARY KEY (line_id, run_seq, nth)
);

-- Everything that was decided, refused decisions too.
CREATE TABLE decisions (
    decision_id TEXT NOT NULL PRIMARY KEY,
    nth BIGINT NOT NULL UNIQUE,     -- order in which they came
    run_seq BIGINT NOT NULL,
    line_id TEXT NOT NULL,
    decision TEXT NOT NULL,
    details TEXT NOT NULL,          -- alternative and items, as JSON
    note TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    row_hash TEXT NOT NULL,
    place TEXT NOT NULL,            -- sheet and row
    result TEXT NOT NULL,           -- accepted, refused, waits (for a second person)
    why TEXT NOT NULL,
    settles INTEGER NOT NULL,       -- 1: the line is settled by it
    turn BIGINT NOT NULL DEFAULT 0, -- which turn of its line it made; 0: none
    salt TEXT NOT NULL DEFAULT '',  -- with it the chain holds what is of persons: recon/store/personal.py
    login TEXT NOT NULL DEFAULT ''  -- who applied it; empty: before version 5
);

-- The turns of a line, from 1: it is settled by rule or by a decision (with or without accepted rows), it is moved
-- (settled otherwise than before), it is taken back (and open again). The last turn says how the line stands.
CREATE TABLE settlements (
    line_id TEXT NOT NULL,
    run_seq BIGINT NOT NULL,
    decision_id TEXT NOT NULL,      -- empty: by rule
    turn BIGINT NOT NULL DEFAULT 1,
    settled INTEGER NOT NULL DEFAULT 1, -- 1: the line is settled from now on; 0: it is open again
    PRIMARY KEY (line_id, turn)
);

-- What was accepted. The rows of a line's turn that settles it are its amount; those of one that moves it are
-- nought, those of one that takes it back the amount with the other sign: each is a counter-row of an earlier one.

CREATE TABLE accepted (
    nth BIGINT NOT NULL PRIMARY KEY, -- order in which they came
    run_seq BIGINT NOT NULL,
    line_id TEXT NOT NULL,
    item_id TEXT NOT NULL,          -- empty: on account
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    deduction TEXT NOT NULL,
    deduction_type TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    rule TEXT NOT NULL,
    accepted_by TEXT NOT NULL,      -- rule, or the person
    decision TEXT NOT NULL,
    decision_id TEXT NOT NULL,
    turn BIGINT NOT NULL DEFAULT 1, -- which turn of its line
    approved_by TEXT NOT NULL DEFAULT '' -- the second person who decided the same, where one was needed
);

-- What was learned from decisions (a payer's name, account or reference, a tax), and rejected pairs that somebody let
-- go: the last event of a kind, subject and meaning says what holds.
CREATE TABLE learned (
    nth BIGINT NOT NULL PRIMARY KEY, -- order in which they came
    run_seq BIGINT NOT NULL,
    kind TEXT NOT NULL,             -- alias, account, reference, pattern, tax, rejected
    subject TEXT NOT NULL,
    meaning TEXT NOT NULL,
    event TEXT NOT NULL,            -- accepted, refused, withdrawn, held, confirmed
    valid_from TEXT NOT NULL,       -- ISO date; empty: always
    valid_to TEXT NOT NULL,         -- ISO date; empty: still
    evidence TEXT NOT NULL,         -- what spoke for it then, as JSON
    note TEXT NOT NULL,
    who TEXT NOT NULL,
    at TEXT NOT NULL,
    salt TEXT NOT NULL DEFAULT ''   -- with it the chain holds what is of persons: recon/store/personal.py
);

-- A change that was tried beside a run, and the lines that come out otherwise by it. Nothing is ever done by it.
CREATE TABLE shadows (
    run_seq BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,             -- of the rules that were tried
    rules_digest TEXT NOT NULL,
    rules TEXT NOT NULL,            -- the rules themselves as JSON
    suggested INTEGER NOT NULL,     -- 1: with all that was suggested then, as if it were accepted
    lines BIGINT NOT NULL           -- how many lines were tried; those that come out otherwise are below
);

CREATE TABLE shadow_proposals (
    run_seq BIGINT NOT NULL,
    nth BIGINT NOT NULL,
    line_id TEXT NOT NULL,
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    change TEXT NOT NULL,           -- newly posted, no longer posted, posted otherwise, proposed otherwise
    outcome_live TEXT NOT NULL,
    outcome_shadow TEXT NOT NULL,
    code_live TEXT NOT NULL,
    code_shadow TEXT NOT NULL,
    items_live TEXT NOT NULL,       -- items and amounts in words
    items_shadow TEXT NOT NULL,
    settles_live TEXT NOT NULL,     -- the same as one text, to compare with what was decided
    settles_shadow TEXT NOT NULL,
    row_hash_live TEXT NOT NULL,    -- fingerprint of what the reviewer sees
    PRIMARY KEY (run_seq, nth)
);

-- A posting file is kept whole, so that the same batch is the same bytes for ever.
CREATE TABLE batches (
    batch_id TEXT NOT NULL PRIMARY KEY,
    nth BIGINT NOT NULL UNIQUE,
    format TEXT NOT NULL,
    created TEXT NOT NULL,
    content TEXT NOT NULL,
    who TEXT NOT NULL DEFAULT '',   -- login of whoever posted it; empty: before version 3
    controls TEXT NOT NULL DEFAULT '' -- the controls over it, as text; empty: before version 5
);

-- A turn of a line is posted once, in one batch.
CREATE TABLE postings (
    line_id TEXT NOT NULL,
    batch_id TEXT NOT NULL,
    turn BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (line_id, turn)
);
CREATE INDEX postings_by_batch ON postings (batch_id);

-- A posting file was written where it was asked for, and so were all before it.
CREATE TABLE deliveries (
    nth BIGINT NOT NULL PRIMARY KEY, -- order in which they came
    batch_id TEXT NOT NULL,
    at TEXT NOT NULL,
    who TEXT NOT NULL               -- login of whoever posted; empty: before version 7, when nothing was noted
);

-- Queries, promises and notes, by what was said of them: the last event says how a case stands.
CREATE TABLE cases (
    nth BIGINT NOT NULL PRIMARY KEY, -- order in which they came
    run_seq BIGINT NOT NULL,
    case_id TEXT NOT NULL,
    kind TEXT NOT NULL,             -- query, promise, note
    event TEXT NOT NULL,            -- opened, answered, assigned, cancelled, closed
    line_id TEXT NOT NULL,
    item_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    due TEXT NOT NULL,              -- ISO date; empty: none
    owner TEXT NOT NULL,
    text TEXT NOT NULL,
    who TEXT NOT NULL,
    at TEXT NOT NULL,
    salt TEXT NOT NULL DEFAULT ''   -- with it the chain holds what is of persons: recon/store/personal.py
);

-- What was erased, when, by whom and why, and what the rows say since; and whose audit packs showed names.
CREATE TABLE privacy_log (
    nth BIGINT NOT NULL PRIMARY KEY, -- order in which they came
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    event TEXT NOT NULL,            -- erased, unmasked
    reference TEXT NOT NULL,        -- the line, or the reference, that was named
    why TEXT NOT NULL,
    details TEXT NOT NULL           -- JSON: rows (table -> what the chain holds of a row -> SHA-256 of it now), links
);

-- What was written holds what was written before: recon/store/chain.py.
CREATE TABLE chain (
    nth BIGINT NOT NULL PRIMARY KEY, -- from 1
    what TEXT NOT NULL,             -- run, decisions, posting
    key TEXT NOT NULL,              -- the run's seq, the decisions' nth from-to, the batch_id
    digests TEXT NOT NULL,          -- table -> number of rows and their SHA-256, as JSON
    hash TEXT NOT NULL              -- SHA-256 of the link before and of this one
);

-- What a link of the chain holds, and what is known of a line, found without reading the whole table.
CREATE INDEX bank_lines_by_run ON bank_lines (run_seq);
CREATE INDEX inputs_seen_by_run ON inputs_seen (run_seq);
CREATE INDEX items_seen_by_run ON items_seen (run_seq);
CREATE INDEX proposals_by_run ON proposals (run_seq);
CREATE INDEX proposal_allocations_by_run ON proposal_allocations (run_seq);
CREATE INDEX proposal_exceptions_by_run ON proposal_exceptions (run_seq);
CREATE INDEX settlements_by_run ON settlements (run_seq, decision_id);
CREATE INDEX settlements_by_decision ON settlements (decision_id);
CREATE INDEX accepted_by_run ON accepted (run_seq, decision_id);
CREATE INDEX accepted_by_decision ON accepted (decision_id);
CREATE INDEX accepted_by_line ON accepted (line_id);
CREATE INDEX decisions_by_line ON decisions (line_id);
