namespace Nacre.KeyBroker.Audit;

/// <summary>What was tried.</summary>
public enum AuditAction
{
    /// <summary>A guest asked for a secret.</summary>
    Release,

    /// <summary>A guest began a handshake or showed evidence.</summary>
    Attestation,

    /// <summary>Somebody changed what the server keeps.</summary>
    Change,

    /// <summary>Somebody looked at what the server keeps; only refusals are recorded, and backups.</summary>
    Read,
}

/// <summary>How it ended.</summary>
public enum AuditOutcome
{
    /// <summary>A change is about to be made; what follows says how it ended, unless the server was killed between.</summary>
    Begun,

    Done,

    /// <summary>By authentication or by policy.</summary>
    Refused,

    /// <summary>Allowed, and yet it did not happen: the input was wrong, the thing does not exist, a part of the server failed.</summary>
    Failed,
}

/// <summary>
/// One thing that was done or refused. Holds no secret: what was released or set is known by its <see cref="Mac"/> alone.
/// </summary>
public sealed record AuditEvent
{
    public required DateTimeOffset At { get; init; }

    public required AuditAction Action { get; init; }

    public required AuditOutcome Outcome { get; init; }

    /// <summary><c>guest ID</c> with the id of its attestation, <c>ROLE SUBJECT</c> of an administrator, or <c>unknown</c>.</summary>
    public required string Who { get; init; }

    /// <summary>At which tenant; null at the server itself.</summary>
    public string? Tenant { get; init; }

    /// <summary>Address of the peer.</summary>
    public required string From { get; init; }

    /// <summary>Method and template of the route.</summary>
    public required string Route { get; init; }

    /// <summary>What the placeholders of the route stand for, with slashes between; null when it has none.</summary>
    public string? Object { get; init; }

    /// <summary>HTTP status of the answer; null while it is not known.</summary>
    public int? Status { get; init; }

    /// <summary>The id under which the peer was refused; null otherwise.</summary>
    public string? Reference { get; init; }

    /// <summary>Why it was refused or failed, or what was done beyond what the route says.</summary>
    public string? Reason { get; init; }

    /// <summary>HMAC-SHA-256 of the secret released or of the body sent, in hex; null when there was none.</summary>
    public string? Mac { get; init; }
}
