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

    private readonly RealInToto _real = new();

    public void Dispose() => _real.Dispose();

    [Fact]
    public void What_in_toto_makes_is_read_and_verified_alike()
    {
        _real.Script(Script);
        Assert.Equal(0, _real.Verify().Code);

        var links = Directory.GetFiles(_real.Folder, "*.link");
        Assert.Equal(2, links.Length);
        var document = _real.Read();
        var (name, value) = Assert.Single(document.Extracted.Values);

        // printf kernel | sha256sum
        Assert.Equal("in-toto/build/kernel", name);
        Assert.Equal("""["6923dd1bc0460082c5d55a831908c24a282860b7f1cd6c2b79cf1bc8857c639c"]""", value!.ToJsonString());
        Assert.Equal(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero), document.Extracted.Expires);

        Assert.Throws<MalformedDataException>(() => _real.Read("bob.pub"));
        File.Delete(links[1]);
        Assert.Throws<MalformedDataException>(() => _real.Read());
        Assert.Equal(1, _real.Verify().Code);
    }
}
