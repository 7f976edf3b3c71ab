namespace Nacre.KeyBroker.Http;

/// <summary>Who is asking, as far as it is known by now: whoever authenticates the peer says so here, for the audit record.</summary>
public sealed class CallSubject
{
    /// <summary><c>guest ID</c> with the id of its attestation, <c>ROLE SUBJECT</c> of an administrator, or <c>unknown</c>.</summary>
    public string Name { get; set; } = "unknown";
}
