using Nacre.Formats;

namespace Nacre.Verifiers.Collateral.Intel;

/// <summary>
/// One set of collateral in a folder: <c>tcb_info.json</c>, <c>qe_identity.json</c>, <c>tcb_signing_chain.pem</c>, <c>pck_crl.der</c>,
/// <c>root_ca_crl.der</c>, and, if they are needed, <c>qe_identity_signing_chain.pem</c> and <c>pck_chain.pem</c>. Read once.
/// </summary>
public sealed class DcapFileCollateral(string folder, string? rootKeyDigest = null) : IDcapCollateralSource
{
    private const int MaxFile = 4 * 1024 * 1024;

    private DcapCollateral? _collateral;

    public async ValueTask<DcapCollateral?> FindAsync(DcapCollateralName name, CancellationToken cancel)
    {
        if (_collateral is { } known)
            return known;

        try
        {
            return _collateral = DcapCollateral.Parse(await ReadAsync(cancel), rootKeyDigest);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or MalformedDataException)
        {
            throw new CollateralUnavailableException("Intel's collateral", folder, error.Message, error);
        }
    }

    /// <exception cref="IOException">A file is missing or too large.</exception>
    public async Task<DcapCollateralBytes> ReadAsync(CancellationToken cancel) => new()
    {
        TcbInfo = await RequireAsync("tcb_info.json", cancel),
        QeIdentity = await RequireAsync("qe_identity.json", cancel),
        TcbSigningChain = await RequireAsync("tcb_signing_chain.pem", cancel),
        PckCrl = await RequireAsync("pck_crl.der", cancel),
        RootCaCrl = await RequireAsync("root_ca_crl.der", cancel),
        QeIdentitySigningChain = await FindFileAsync("qe_identity_signing_chain.pem", cancel),
        PckChain = await FindFileAsync("pck_chain.pem", cancel),
    };

    private async Task<byte[]> RequireAsync(string name, CancellationToken cancel) =>
        await FindFileAsync(name, cancel) ?? throw new FileNotFoundException($"{name} is missing", Path.Combine(folder, name));

    private async Task<byte[]?> FindFileAsync(string name, CancellationToken cancel)
    {
        var file = new FileInfo(Path.Combine(folder, name));
        if (!file.Exists)
            return null;

        return file.Length <= MaxFile ? await File.ReadAllBytesAsync(file.FullName, cancel)
            : throw new IOException($"{file.FullName} is {file.Length} bytes long, at most {MaxFile} are allowed");
    }
}
