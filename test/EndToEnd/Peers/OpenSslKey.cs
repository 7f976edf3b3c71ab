using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Protocol;
using Nacre.Formats.Jose;

namespace Nacre.EndToEndTests.Peers;

/// <summary>A key of the openssl program, which signs tokens as an operator's own tools do.</summary>
internal sealed class OpenSslKey : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nacre-key-");

    private OpenSslKey()
    {
    }

    public string PublicPem => Path.Combine(_directory.FullName, "public.pem");

    private string PrivatePem => Path.Combine(_directory.FullName, "private.pem");

    public static async Task<OpenSslKey> CreateEd25519Async()
    {
        var key = new OpenSslKey();
        await RunAsync("genpkey", "-algorithm", "ed25519", "-out", key.PrivatePem);
        await RunAsync("pkey", "-in", key.PrivatePem, "-pubout", "-out", key.PublicPem);
        return key;
    }

    public async Task<string> SignAsync(JsonObject claims, string algorithm = "EdDSA")
    {
        var header = JsonText.Utf8(new JsonObject { ["alg"] = algorithm, ["typ"] = "JWT" });
        var input = $"{Base64UrlText.Encode(header)}.{Base64UrlText.Encode(JsonText.Utf8(claims))}";
        var (message, signature) = (Path.Combine(_directory.FullName, "message"), Path.Combine(_directory.FullName, "signature"));
        await File.WriteAllBytesAsync(message, Encoding.ASCII.GetBytes(input));
        await RunAsync("pkeyutl", "-sign", "-inkey", PrivatePem, "-rawin", "-in", message, "-out", signature);
        return $"{input}.{Base64UrlText.Encode(await File.ReadAllBytesAsync(signature))}";
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private static async Task RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("openssl", arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"openssl {string.Join(' ', arguments)}: {error}");
    }
}
