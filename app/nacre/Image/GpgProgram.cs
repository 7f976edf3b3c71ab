using System.Diagnostics;
using Nacre.Images;

namespace Nacre.Cli.Image;

/// <summary>The gpg of this machine: it has the keys and its agent asks for their passwords, so it signs.</summary>
internal static class GpgProgram
{
    /// <param name="payload">What to sign.</param>
    /// <param name="key">As gpg's <c>--local-user</c> takes it.</param>
    /// <param name="cancel">Ends gpg.</param>
    /// <returns>A signed message, not compressed.</returns>
    public static async Task<byte[]> SignAsync(byte[] payload, string key, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("gpg")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] arguments =
            ["--batch", "--no-armor", "--digest-algo", "SHA256", "--compress-algo", "none", "--local-user", key, "--sign", "--output", "-"];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Start(start);
        try
        {
            var error = process.StandardError.ReadToEndAsync(cancel);
            using var message = new MemoryStream();
            var output = process.StandardOutput.BaseStream.CopyToAsync(message, cancel);
            await process.StandardInput.BaseStream.WriteAsync(payload, cancel);
            process.StandardInput.Close();
            await Task.WhenAll(output, error, process.WaitForExitAsync(cancel));
            return process.ExitCode == 0
                ? message.ToArray()
                : throw Failed($"gpg ended with {process.ExitCode}: {(await error).Trim().ReplaceLineEndings(" ")}", key);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw Failed($"gpg cannot be started: {e.Message}", "gpg");
        }
    }

    private static ImageException Failed(string what, string where) =>
        new(ImageFault.KeyUnavailable, what, where, "check with 'gpg --list-secret-keys' that the key is there, and that gnupg is installed");
}
