using System.Collections.Concurrent;

namespace Nacre.Verifiers.Nvidia;

/// <summary>
/// Chains whose signatures were found good, up to the pinned root. A device sends the same certificates with every report, and checking
/// them costs several times what the report does. Only signatures are remembered, which do not change; dates are judged each time.
/// </summary>
internal sealed class ProvenChains
{
    // More devices than one server sees in a day. Past it, it starts over.
    private const int Max = 1024;

    private readonly ConcurrentDictionary<string, NvidiaChain> _byPem = new(StringComparer.Ordinal);

    /// <summary>Null when this very text was not seen before.</summary>
    public NvidiaChain? Find(string pem) => _byPem.GetValueOrDefault(pem);

    public void Add(string pem, NvidiaChain chain)
    {
        if (_byPem.Count >= Max)
            _byPem.Clear();
        _byPem.TryAdd(pem, chain);
    }
}
