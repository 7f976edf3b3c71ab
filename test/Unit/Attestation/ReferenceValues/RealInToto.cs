using System.Diagnostics;
using Nacre.Attestation.ReferenceValues;
using Nacre.Attestation.ReferenceValues.InToto;

namespace Nacre.UnitTests.Attestation.ReferenceValues;

/// <summary>A folder in which Debian's in-toto works, read by ours too.</summary>
internal sealed class RealInToto : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("nacre-in-toto-").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>Runs a script in Python over in-toto's library.</summary>
    public void Script(string text, params string[] arguments)
    {
        var (code, errors) = Run("/usr/bin/python3", ["-c", text, .. arguments]);
        Assert.True(code == 0, errors);
    }

    /// <summary>What in-toto's own verifier says of the folder.</summary>
    public (int Code, string Errors) Verify() => Run("/usr/bin/in-toto-verify", ["-v", "-l", "root.layout", "-k", "owner.pub"]);

    /// <summary>The same folder registered here.</summary>
    public ReferenceValueDocument Read(string owner = "owner.pub") => SignedDocuments.Read("in-toto", InTotoFolder.Pack(Folder), new()
    {
        Signers = ReferenceSigner.FromPem("in-toto", File.ReadAllText(Path.Combine(Folder, owner))),
    });

    private (int Code, string Errors) Run(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var errors = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(60_000));
        return (process.ExitCode, errors);
    }
}
