namespace Nacre.KeyBroker.Audit.Export;

/// <summary>Takes lines of the audit record. Not thread-safe.</summary>
internal interface IAuditTarget : IAsyncDisposable
{
    /// <summary>Returns when the receiver has them, as far as the protocol lets one know; else called again with the same lines.</summary>
    /// <exception cref="IOException">It has them not.</exception>
    Task SendAsync(IReadOnlyList<AuditExportLine> lines, CancellationToken cancel);
}
