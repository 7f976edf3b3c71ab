using Nacre.Formats;

namespace Nacre.Verifiers.Collateral.Intel;

/// <summary>
/// Collateral from a folder, for places without a network. A set is a folder with <c>tcb_info.json</c>, <c>qe_identity.json</c>,
/// <c>tcb_signing_chain.pem</c>, <c>pck_crl.der</c>, <c>root_ca_crl.der</c>, and, if they are needed,
/// <c>qe_identity_signing_chain.pem</c> and <c>pck_chain.pem</c>. The folder is one set or holds several; of those for a platform, the newest
/// that is not of the future is given.
/// </summary>
/// <param name="folder">Read at first use, and again after <see cref="ReadAgainAfter"/>.</param>
/// <param name="rootKeyDigest">SHA-256 of the root key that is trusted, in hexadecimal; null for Intel's.</param>
/// <param name="clock">Tells what is of the future; null when nothing is.</param>
public sealed class DcapFileCollateral(string folder, string? rootKeyDigest = null, TimeProvider? clock = null) : IDcapCollateralSource
{
    private const int MaxFile = 4 * 1024 * 1024;
    private const int MaxSets = 256;
    private const string TcbInfoName = "tcb_info.json";
    private static readonly EnumerationOptions s_below = new() { RecurseSubdirectories = true, MaxRecursionDepth = 4 };

    private volatile Sets? _sets;

    public TimeSpan ReadAgainAfter { get; init; } = TimeSpan.FromMinutes(5);

    public async ValueTask<DcapCollateral?> FindAsync(DcapCollateralName name, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(name);
        var sets = _sets;
        if (sets is null || clock is not null && clock.GetElapsedTime(sets.ReadAt) > ReadAgainAfter)
            _sets = sets = await ReadAllAsync(cancel);

        // One set is given for any platform: the verifier then says what does not fit.
        var now = clock?.GetUtcNow() ?? DateTimeOffset.MaxValue;
        var found = sets.Read is [var only] ? only
            : sets.Read.Where(one => Fits(one, name)).OrderBy(one => one.TcbInfo.IssueDate > now)
                .ThenByDescending(one => one.TcbInfo.IssueDate).FirstOrDefault();
        if (found is null && sets.Problem is { } problem)
            throw new CollateralUnavailableException("Intel's collateral", folder, problem);

        return found;
    }

    /// <summary>The set that the folder itself is.</summary>
    /// <exception cref="IOException">A file is missing or too large.</exception>
    public Task<DcapCollateralBytes> ReadAsync(CancellationToken cancel) => ReadAsync(folder, cancel);

    private static bool Fits(DcapCollateral set, DcapCollateralName name)
    {
        if (set.TcbInfo.IsTdx != name.IsTdx)
            return false;

        if (name.Fmspc.Length == 0)
            return set.PckChain is not null;

        return Convert.ToHexStringLower(set.TcbInfo.Fmspc) == name.Fmspc
            && set.PckCrl.Issuer.CommonName == (name.Authority == "platform" ? "Intel SGX PCK Platform CA" : "Intel SGX PCK Processor CA");
    }

    private async Task<Sets> ReadAllAsync(CancellationToken cancel)
    {
        var read = new List<DcapCollateral>();
        string? problem = null;
        try
        {
            foreach (var file in Directory.EnumerateFiles(folder, TcbInfoName, s_below).Order(StringComparer.Ordinal).Take(MaxSets))
            {
                try
                {
                    read.Add(DcapCollateral.Parse(await ReadAsync(Path.GetDirectoryName(file)!, cancel), rootKeyDigest));
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException or MalformedDataException)
                {
                    problem ??= $"{Path.GetDirectoryName(file)}: {error.Message}";
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problem = error.Message;
        }

        problem ??= read.Count == 0 ? $"there is no {TcbInfoName} in it" : null;
        return new(read, problem, clock?.GetTimestamp() ?? 0);
    }

    private static async Task<DcapCollateralBytes> ReadAsync(string set, CancellationToken cancel) => new()
    {
        TcbInfo = await RequireAsync(set, TcbInfoName, cancel),
        QeIdentity = await RequireAsync(set, "qe_identity.json", cancel),
        TcbSigningChain = await RequireAsync(set, "tcb_signing_chain.pem", cancel),
        PckCrl = await RequireAsync(set, "pck_crl.der", cancel),
        RootCaCrl = await RequireAsync(set, "root_ca_crl.der", cancel),
        QeIdentitySigningChain = await FindFileAsync(set, "qe_identity_signing_chain.pem", cancel),
        PckChain = await FindFileAsync(set, "pck_chain.pem", cancel),
    };

    private static async Task<byte[]> RequireAsync(string set, string name, CancellationToken cancel) =>
        await FindFileAsync(set, name, cancel) ?? throw new FileNotFoundException($"{name} is missing", Path.Combine(set, name));

    private static async Task<byte[]?> FindFileAsync(string set, string name, CancellationToken cancel)
    {
        var file = new FileInfo(Path.Combine(set, name));
        if (!file.Exists)
            return null;

        return file.Length <= MaxFile ? await File.ReadAllBytesAsync(file.FullName, cancel)
            : throw new IOException($"{file.FullName} is {file.Length} bytes long, at most {MaxFile} are allowed");
    }

    /// <param name="Read">Every set that could be read.</param>
    /// <param name="Problem">Why one could not, or none is there; null for nothing.</param>
    /// <param name="ReadAt">Timestamp of the clock.</param>
    private sealed record Sets(IReadOnlyList<DcapCollateral> Read, string? Problem, long ReadAt);
}
