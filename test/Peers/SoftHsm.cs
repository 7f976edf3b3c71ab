using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Nacre.Peers;

/// <summary>
/// Debian's SoftHSM with one token, made before its library is loaded: the library reads its configuration once in a process. The token has
/// an RSA key pair with the label <see cref="KeyLabel"/>, made by another program than ours.
/// </summary>
internal sealed partial class SoftHsm
{
    public const string Library = "/usr/lib/softhsm/libsofthsm2.so";
    public const string TokenLabel = "nacre test";
    public const string Pin = "98765432";
    public const string KeyLabel = "wrapping key";

    private static readonly Lazy<SoftHsm> s_shared = new(() => new SoftHsm());

    private SoftHsm()
    {
        var folder = Directory.CreateTempSubdirectory("nacre-softhsm-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(Path.Combine(folder, "tokens"));
        ConfigurationFile = Path.Combine(folder, "softhsm2.conf");
        File.WriteAllText(ConfigurationFile, $"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n");

        // The library asks the C library, which does not see what .NET sets.
        Assert.Equal(0, setenv("SOFTHSM2_CONF", ConfigurationFile, 1));
        Run("softhsm2-util", "--init-token", "--free", "--label", TokenLabel, "--pin", Pin, "--so-pin", "12345678");
        Run(
            "pkcs11-tool", "--module", Library, "--token-label", TokenLabel, "--login", "--pin", Pin, "--keypairgen",
            "--key-type", "rsa:2048", "--label", KeyLabel, "--id", "01");
    }

    /// <summary>The one of this process.</summary>
    public static SoftHsm Shared => s_shared.Value;

    /// <summary>For <c>SOFTHSM2_CONF</c> of other processes.</summary>
    public string ConfigurationFile { get; }

    /// <summary>What another program than ours sees on the token.</summary>
    public string ListObjects() =>
        Run("pkcs11-tool", "--module", Library, "--token-label", TokenLabel, "--login", "--pin", Pin, "--list-objects");

    private string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SOFTHSM2_CONF"] = ConfigurationFile;
        using var process = Process.Start(start)!;
        var output = new StringBuilder();
        process.ErrorDataReceived += (_, line) => output.AppendLine(line.Data);
        process.BeginErrorReadLine();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {text}{output}");
        return text;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
