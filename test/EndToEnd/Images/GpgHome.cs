namespace Nacre.EndToEndTests.Images;

/// <summary>A gpg with a home of its own and one key.</summary>
internal sealed class GpgHome : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nacre-gpg-").FullName;

    public (string Name, string Value) Environment => ("GNUPGHOME", _directory);

    public string PublicKey => Path.Combine(_directory, "public.gpg");

    public string Fingerprint { get; private set; } = "";

    /// <param name="kind">As gpg's <c>--quick-gen-key</c> takes it, such as <c>ed25519</c>.</param>
    public static async Task<GpgHome> CreateAsync(string kind)
    {
        var home = new GpgHome();
        File.SetUnixFileMode(home._directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await home.RunAsync("--quick-gen-key", "--passphrase", "", "Owner <owner@example.com>", kind, "sign", "never");
        var listing = await home.RunAsync("--list-keys", "--with-colons");
        home.Fingerprint = listing.Split('\n').First(line => line.StartsWith("fpr:", StringComparison.Ordinal)).Split(':')[9];
        await home.RunAsync("--output", home.PublicKey, "--export", home.Fingerprint);
        return home;
    }

    public async ValueTask DisposeAsync()
    {
        await ToolRun.RunAsync("gpgconf", ["--kill", "all"], Environment);
        Directory.Delete(_directory, recursive: true);
    }

    private Task<string> RunAsync(params string[] arguments) => ToolRun.RunAsync("gpg", ["--quiet", "--batch", "--pinentry-mode", "loopback", .. arguments], Environment);
}
