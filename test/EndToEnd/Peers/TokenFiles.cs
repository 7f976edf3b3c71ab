namespace Nacre.EndToEndTests.Peers;

/// <summary>
/// A key for attestation tokens with its certificate and authority, made by the openssl program as upstream's setup script makes them.
/// </summary>
internal sealed class TokenFiles
{
    private TokenFiles(string folder) => Folder = folder;

    public string Folder { get; }

    public string Authority => Path.Combine(Folder, "ca-cert.pem");

    /// <summary>P-256, PKCS#8.</summary>
    public string Key => Path.Combine(Folder, "token.key");

    /// <summary>Certificate of <see cref="Key"/>, then the authority.</summary>
    public string Chain => Path.Combine(Folder, "token-cert-chain.pem");

    public static async Task<TokenFiles> CreateAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        var files = new TokenFiles(folder);
        string Place(string name) => Path.Combine(folder, name);
        await RunAsync("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", Place("ca.key"));
        await RunAsync("req", "-x509", "-new", "-key", Place("ca.key"), "-days", "30", "-subj", "/O=Trustee CA", "-out", files.Authority);
        await RunAsync("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", files.Key);
        await RunAsync("req", "-new", "-key", files.Key, "-subj", "/CN=kbs/O=Trustee", "-out", Place("token-req.pem"));
        await RunAsync(
            "x509", "-req", "-in", Place("token-req.pem"), "-CA", files.Authority, "-CAkey", Place("ca.key"), "-CAcreateserial", "-days", "30",
            "-out", Place("token-cert.pem"));
        await File.WriteAllTextAsync(
            files.Chain, await File.ReadAllTextAsync(Place("token-cert.pem")) + await File.ReadAllTextAsync(files.Authority));
        return files;
    }

    private static Task<string> RunAsync(params string[] arguments) => ToolProcess.RunAsync("openssl", arguments);
}
