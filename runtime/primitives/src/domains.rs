//! Domain separators of every digest and signed payload of the protocol, in one place so that no two
//! are alike. Each is hashed as a SCALE-encoded byte slice, before what it separates.

/// Seed of a round's draw.
pub const DRAW: &[u8] = b"opg/draw/v2";
/// Ticket that decides whether an answer is audited.
pub const AUDIT: &[u8] = b"opg/audit/v1";
/// Digest by which answers are compared.
pub const ANSWER: &[u8] = b"opg/answer/v1";
/// Commitment to an answer.
pub const COMMIT: &[u8] = b"opg/commit/v3";
/// Salt of a commitment, derived from the executor's hot key.
pub const SALT: &[u8] = b"opg/salt/v2";
/// Digest of an encoded input.
pub const INPUT: &[u8] = b"opg/input/v1";
/// Proof that an operator holds its hot key.
pub const POSSESSION: &[u8] = b"opg/possession/v1";
/// Batch of commitments, reveals or declined seats.
pub const BATCH: &[u8] = b"opg/batch/v2";
/// Claim of a challenger: the digest that it says is right, hidden until the court reveals.
pub const CLAIM: &[u8] = b"opg/claim/v2";
/// Key under which a node files a job.
pub const JOB: &[u8] = b"opg/job/v3";
/// Key under which a node keeps a prepared model.
pub const PREPARED_MODEL: &[u8] = b"opg/job-model/v2";
/// Commitment of an owner to a model file that it will register.
pub const ANNOUNCE: &[u8] = b"opg/announce/v1";
/// Digest of the answers that an engine gives to the pinned tasks of its nomination.
pub const EVIDENCE: &[u8] = b"opg/evidence/v1";
/// Digest that an executor states under its hot key: evidence for an engine, or an answer to a canary.
pub const STATEMENT: &[u8] = b"opg/statement/v1";
/// Canary of a session.
pub const CANARY: &[u8] = b"opg/canary/v1";
