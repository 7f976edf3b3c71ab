using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Attestation.ReferenceValues;
using Nacre.Formats;

namespace Nacre.UnitTests.Attestation.ReferenceValues;

/// <summary>Metadata that Debian's in-toto makes, with one key of each kind; the same is given to its own verifier.</summary>
[Trait("Group", "TrustReferences")]
public sealed class RealInTotoTests : IDisposable
{
    private const string Script = """
        import os
        from securesystemslib import interface as keys
        from in_toto.models.layout import Layout, Step
        from in_toto.models.metadata import Metablock
        from in_toto.runlib import in_toto_run

        keys.generate_and_write_unencrypted_rsa_keypair(filepath="owner", bits=3072)
        keys.generate_and_write_unencrypted_ed25519_keypair(filepath="alice")
        keys.generate_and_write_unencrypted_ecdsa_keypair(filepath="bob")
        people = [keys.import_ed25519_privatekey_from_file("alice"), keys.import_ecdsa_privatekey_from_file("bob")]
        layout = Layout(expires="2030-01-01T00:00:00Z")
        layout.add_functionary_key(keys.import_ed25519_publickey_from_file("alice.pub"))
        layout.add_functionary_key(keys.import_ecdsa_publickey_from_file("bob.pub"))
        step = Step(name="build")
        step.pubkeys = [key["keyid"] for key in people]
        step.threshold = 2
        step.expected_products = [["CREATE", "kernel"], ["DISALLOW", "*"]]
        layout.steps = [step]
        layout.readme = 'quotes " and \\ and é and \t'
        signed = Metablock(signed=layout)
        signed.sign(keys.import_rsa_privatekey_from_file("owner"))
        signed.dump("root.layout")
        for key in people:
            if os.path.exists("kernel"):
                os.remove("kernel")
            in_toto_run("build", [], ["kernel"], ["sh", "-c", "printf kernel > kernel"], signing_key=key)
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-in-toto-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_in_toto_makes_is_read_and_verified_alike()
    {
        Run("/usr/bin/python3", "-c", Script);
        Run("in-toto-verify", "-l", "root.layout", "-k", "owner.pub");

        var links = Directory.GetFiles(_folder, "*.link");
        Assert.Equal(2, links.Length);
        var document = Read(["root.layout", .. links]);
        var (name, value) = Assert.Single(document.Extracted.Values);

        // printf kernel | sha256sum
        Assert.Equal("in-toto/build/kernel", name);
        Assert.Equal("""["6923dd1bc0460082c5d55a831908c24a282860b7f1cd6c2b79cf1bc8857c639c"]""", value!.ToJsonString());
        Assert.Equal(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero), document.Extracted.Expires);

        Assert.Throws<MalformedDataException>(() => Read(["root.layout", links[0]]));
        Assert.Throws<MalformedDataException>(() => Read(["root.layout", .. links], "bob.pub"));
    }

    private ReferenceValueDocument Read(IEnumerable<string> files, string owner = "owner.pub")
    {
        var members = new JsonObject();
        foreach (var file in files)
            members[Path.GetFileName(file)] = Convert.ToBase64String(File.ReadAllBytes(Path.Combine(_folder, file)));
        var payload = new JsonObject { ["version"] = "0.9", ["files"] = members };
        var trust = new ReferenceValueTrust { Signers = ReferenceSigner.FromPem("in-toto", File.ReadAllText(Path.Combine(_folder, owner))) };
        return SignedDocuments.Read("in-toto", Encoding.UTF8.GetBytes(payload.ToJsonString()), trust);
    }

    private void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var errors = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(60_000));
        Assert.True(process.ExitCode == 0, errors);
    }
}
