using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Nacre.Rego;

/// <summary>
/// Programs by the digest of their modules, so that the same policies are compiled once however often they are handed in. Safe for any
/// number of threads. One cache serves one <see cref="RegoOptions"/>.
/// </summary>
public sealed class RegoProgramCache(RegoOptions options, int capacity = 256)
{
    private readonly ConcurrentDictionary<string, Lazy<RegoProgram>> _programs = new();

    /// <exception cref="RegoException">The modules do not compile; that is remembered too.</exception>
    public RegoProgram Get(IReadOnlyList<RegoSource> sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        var key = Digest(sources);
        if (!_programs.ContainsKey(key) && _programs.Count >= capacity)
            _programs.Clear();

        return _programs.GetOrAdd(key, _ => new Lazy<RegoProgram>(() => RegoProgram.Compile(sources, options))).Value;
    }

    private static string Digest(IReadOnlyList<RegoSource> sources)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var source in sources)
            foreach (var part in (string[])[source.Name, source.Syntax.ToString(), source.Text])
            {
                var bytes = Encoding.UTF8.GetBytes(part);
                hash.AppendData(BitConverter.GetBytes(bytes.Length));
                hash.AppendData(bytes);
            }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
