using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Images;
using Nacre.Images.Encryption;

namespace Nacre.Cli.Image;

/// <summary>What the image verbs share: keys of recipients, errors to exit codes, JSON or text.</summary>
internal static class ImageVerb
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, TypeInfoResolver = JsonSerializerOptions.Default.TypeInfoResolver };

    public static Option<FileInfo?> PrivateKey() => new("--jwe") { Description = "Private RSA or EC key in PEM of a recipient, instead of a key broker." };

    /// <summary>The key of <see cref="PrivateKey"/>; the caller disposes it.</summary>
    public static async Task<AsymmetricAlgorithm?> ReadPrivateKeyAsync(FileInfo? file, CancellationToken cancel) =>
        file is null ? null : RecipientKey.Parse(await File.ReadAllTextAsync(file.FullName, cancel), file.FullName);

    public static async Task<int> RunAsync(Func<Task<int>> verb)
    {
        try
        {
            return await verb();
        }
        catch (ImageException e)
        {
            await Console.Error.WriteLineAsync($"nacre: error: {e.What}\nnacre: where: {e.Where}\nnacre: hint: {e.Remedy}");
            return CodeOf(e.Fault);
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"nacre: error: {e.Message}");
            return ExitCode.Local;
        }
    }

    public static int CodeOf(ImageFault fault) => fault switch
    {
        ImageFault.Unreachable or ImageFault.NotFound => ExitCode.Server,
        ImageFault.Denied or ImageFault.PolicyRejected or ImageFault.KeyUnavailable => ExitCode.Denied,
        ImageFault.SignatureMissing or ImageFault.SignatureInvalid or ImageFault.DigestMismatch or ImageFault.MacMismatch
            or ImageFault.DiffIdMismatch or ImageFault.UnsafeEntry => ExitCode.NotVerified,
        _ => ExitCode.Local,
    };

    public static Task WriteJsonAsync(JsonNode json) => Console.Out.WriteLineAsync(json.ToJsonString(s_indented));
}
