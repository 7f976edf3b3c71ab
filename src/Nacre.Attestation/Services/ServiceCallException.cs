namespace Nacre.Attestation.Services;

/// <summary>A call of another service is not done. The causes go over the wire, one a line, the nearest first.</summary>
internal sealed class ServiceCallException(string what, IReadOnlyList<string> causes, Exception? innerException = null)
    : Exception(what, innerException)
{
    public ServiceCallException(string what, string cause, Exception? innerException = null)
        : this(what, [cause], innerException)
    {
    }

    /// <summary>The caller may not do this at all.</summary>
    public bool IsForbidden { get; init; }

    /// <summary>As upstream writes its chains of errors: <c>0: …</c>, <c>1: …</c>.</summary>
    public string Causes { get; } = string.Concat(causes.Select((cause, index) => $"\n{index}: {cause}"));
}
