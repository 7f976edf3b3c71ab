namespace Nacre.Rego;

/// <summary>
/// A function the host adds to the language, or puts in the place of one that exists: the builtins that reach the network
/// (<c>http.send</c>, <c>net.lookup_ip_addr</c>) are refused until the host does so.
/// </summary>
/// <param name="Name">As policies call it, dots included.</param>
/// <param name="Arity">Number of arguments.</param>
/// <param name="IsPure">Same arguments, same result: it is then asked only once in an evaluation.</param>
/// <param name="Invoke">Returns null for undefined; throws <see cref="RegoBuiltinException"/>. Called by any thread.</param>
public sealed record HostBuiltin(string Name, int Arity, bool IsPure, Func<HostCall, RegoValue?> Invoke);

public sealed class HostCall
{
    internal HostCall(IReadOnlyList<RegoValue> arguments, object? state, CancellationToken cancel) =>
        (Arguments, State, Cancel) = (arguments, state, cancel);

    public IReadOnlyList<RegoValue> Arguments { get; }

    /// <summary><see cref="RegoInput.State"/> of the evaluation.</summary>
    public object? State { get; }

    public CancellationToken Cancel { get; }
}
