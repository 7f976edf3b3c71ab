using System.Diagnostics;

namespace Nacre.EndToEndTests.Peers;

/// <summary>A token of SoftHSM in a directory of its own, with one AES-256 key in it.</summary>
internal sealed class SoftHsm
{
    public const string Module = "/usr/lib/softhsm/libsofthsm2.so";
    public const string Label = "master";

    private const string Pin = "4711-a-pin";
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private SoftHsm(string directory) =>
        Environment = new Dictionary<string, string?> { ["SOFTHSM2_CONF"] = Path.Combine(directory, "softhsm2.conf") };

    /// <summary>For programs that use the token.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; }

    /// <summary>As <c>--master-key</c> takes it, with the PIN in a file.</summary>
    public string Address { get; private init; } = "";

    public static async Task<SoftHsm> CreateAsync(string directory)
    {
        Directory.CreateDirectory(Path.Combine(directory, "tokens"));
        var pin = Path.Combine(directory, "pin");
        await File.WriteAllTextAsync(pin, Pin + "\n");
        await File.WriteAllTextAsync(
            Path.Combine(directory, "softhsm2.conf"), $"directories.tokendir = {Path.Combine(directory, "tokens")}\nobjectstore.backend = file\n");
        var token = new SoftHsm(directory) { Address = $"pkcs11:token=nacre;object={Label}?module-path={Module}&pin-source=file:{pin}" };
        await token.RunAsync("softhsm2-util", "--init-token", "--free", "--label", "nacre", "--pin", Pin, "--so-pin", "0815-so-pin");
        await token.MakeKeyAsync(Label);
        return token;
    }

    public Task MakeKeyAsync(string label) => RunAsync(
        "pkcs11-tool", "--module", Module, "--token-label", "nacre", "--login", "--pin", Pin,
        "--keygen", "--key-type", "AES:32", "--label", label);

    private async Task RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(s_limit);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, $"{program}: {await error}{await output}");
    }
}
