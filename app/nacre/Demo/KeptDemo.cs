using System.Globalization;

namespace Nacre.Cli.Demo;

/// <summary>
/// What <c>--keep</c> left running: its folder and its processes, remembered in a file so that <c>--stop</c> finds them. At most one at a time.
/// </summary>
internal static class KeptDemo
{
    private static string StateFile => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "nacre", "kept-demo");

    public static void Remember(DemoScene scene, TextWriter output)
    {
        Stop(TextWriter.Null);
        Directory.CreateDirectory(Path.GetDirectoryName(StateFile)!);
        File.WriteAllLines(StateFile, [scene.Folder, .. scene.ProcessIds.Select(id => id.ToString(CultureInfo.InvariantCulture))]);

        output.WriteLine($"""

            Everything stays up. To go on by hand:

              export NACRE_URL={scene.Server.Url.GetLeftPart(UriPartial.Authority)}
              export NACRE_CACERT={scene.Server.AuthorityFile}
              export NACRE_TPM={scene.Machine.Endpoint}
              export NACRE_TOKEN=@{scene.Server.AdminTokenFile}

              ./nacre secret get {DemoScene.Secret}                 # as the attested guest
              curl --cacert $NACRE_CACERT $NACRE_URL/kbs/v0/resource/{DemoScene.Secret.Path}   # without attestation: 401
              ./nacre attest | ./nacre token inspect -
              ./nacre image inspect {scene.SecretImage} -o json
              ./nacre attempts list                                    # the refusals, and why

              ./nacre demo --stop                                      # when done
            """);
    }

    public static int Stop(TextWriter output)
    {
        if (!File.Exists(StateFile))
        {
            output.WriteLine("nothing was kept");
            return ExitCode.Done;
        }

        var lines = File.ReadAllLines(StateFile);
        var folder = lines[0];
        foreach (var line in lines.Skip(1))
            StopProcess(int.Parse(line, CultureInfo.InvariantCulture), folder);

        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        File.Delete(StateFile);
        output.WriteLine($"stopped, and removed {folder}");
        return ExitCode.Done;
    }

    // A process id may belong to somebody else by now; ours has the demo's folder on its command line.
    private static void StopProcess(int id, string folder)
    {
        var commandLine = $"/proc/{id}/cmdline";
        if (!File.Exists(commandLine) || !File.ReadAllText(commandLine).Contains(folder, StringComparison.Ordinal))
            return;

        using var process = System.Diagnostics.Process.GetProcessById(id);
        process.Kill(entireProcessTree: true);
        process.WaitForExit(TimeSpan.FromSeconds(5));
    }
}
