using Nacre.Formats;

namespace Nacre.UnitTests.Attestation.ReferenceValues;

/// <summary>
/// Layouts within layouts, made by Debian's in-toto: a source is fetched by a link; the build is a layout of its functionary, whose second step
/// is a layout again. What is broken in each case is broken for in-toto's own verifier too.
/// </summary>
[Trait("Group", "TrustReferences")]
public sealed class RealInTotoLayoutsTests : IDisposable
{
    private const string Script = """
        import os, subprocess, sys
        from securesystemslib import interface as keys
        from in_toto.models.layout import Layout, Step
        from in_toto.models.metadata import Metablock
        from in_toto.runlib import in_toto_run

        case = sys.argv[1]
        keys.generate_and_write_unencrypted_rsa_keypair(filepath="owner", bits=2048)
        people = {"owner": keys.import_rsa_privatekey_from_file("owner")}
        for name in ["alice", "bob", "carol", "dave"]:
            keys.generate_and_write_unencrypted_ecdsa_keypair(filepath=name)
            people[name] = keys.import_ecdsa_privatekey_from_file(name)

        def layout(signer, path, functionary, steps, expired=False):
            made = Layout(expires="2020-01-01T00:00:00Z" if expired else "2031-01-01T00:00:00Z")
            for name in functionary.split():
                made.add_functionary_key(keys.import_ecdsa_publickey_from_file(name + ".pub"))
            for name, who, threshold, materials, products in steps:
                step = Step(name=name, threshold=threshold, expected_materials=materials, expected_products=products)
                step.pubkeys = [people[one]["keyid"] for one in who.split()]
                made.steps.append(step)
            signed = Metablock(signed=made)
            signed.sign(people[signer])
            signed.dump(path)

        def short(name):
            return people[name]["keyid"][:8]

        def run(step, who, folder, material, product, command):
            os.makedirs(folder, exist_ok=True)
            in_toto_run(step, [material] if material else [], [product], ["sh", "-c", command], signing_key=people[who], metadata_directory=folder)

        build, link = "build." + short("alice"), "link." + short("carol")
        os.makedirs(build + "/" + link)
        every = [["ALLOW", "*"]]
        layout("owner", "root.layout", "alice bob", [
            ("fetch", "bob", 1, [], [["CREATE", "source"], ["DISALLOW", "*"]]),
            ("build", "alice bob", 2 if case == "threshold" else 1,
                [["MATCH", "source", "WITH", "PRODUCTS", "FROM", "fetch"], ["DISALLOW", "*"]],
                [["DISALLOW" if case == "outer rule" else "CREATE", "kernel"], ["DISALLOW", "*"]]),
        ])
        layout("bob" if case == "signer" else "alice", build + ".link", "carol", [
            ("compile", "carol", 1, every, [["CREATE", "object"], ["DISALLOW", "*"]]),
            ("link", "carol", 1, [["MATCH", "object", "WITH", "PRODUCTS", "FROM", "compile"], ["DISALLOW", "*"]], every),
        ], case == "expired")
        layout("carol", build + "/" + link + ".link", "dave", [
            ("ld", "dave", 1, every, [["DISALLOW" if case == "inner rule" else "CREATE", "kernel"]]),
        ], case == "inner expired")

        run("fetch", "bob", ".", None, "source", "printf source > source")
        if case == "other source":
            os.remove("source")
            open("source", "w").write("other")
        subprocess.run(["in-toto-record", "start", "-n", "compile", "-k", "carol", "-t", "ecdsa", "-m", "source"], check=True)
        open("object", "w").write("object")
        subprocess.run(["in-toto-record", "stop", "-n", "compile", "-k", "carol", "-t", "ecdsa", "-p", "object"], check=True)
        os.rename("compile." + short("carol") + ".link", build + "/compile." + short("carol") + ".link")
        if case == "other object":
            open("object", "w").write("other")
        run("ld", "dave", build + "/" + link, "object", "kernel", "printf kernel > kernel")

        inner = build + "/" + link + "/ld." + short("dave") + ".link"
        if case == "altered":
            text = open(inner).read()
            open(inner, "w").write(text.replace("6923dd1b", "6923dd1c"))
        if case == "missing":
            os.remove(inner)
        if case == "beside":
            os.rename(inner, "ld." + short("dave") + ".link")
        if case == "other folder":
            os.rename(build, "build." + short("bob"))
        if case == "left over":
            os.makedirs("elsewhere.00000000")
            os.link(inner, "elsewhere.00000000/ld.00000000.link")
        """;

    private readonly RealInToto _real = new();

    public void Dispose() => _real.Dispose();

    [Theory]
    [InlineData("good")]
    [InlineData("left over")]
    public void What_a_layout_within_took_and_made_stands_for_the_link_of_its_step(string name)
    {
        _real.Script(Script, name);
        var (code, errors) = _real.Verify();
        Assert.True(code == 0, errors);

        // printf source | sha256sum, printf kernel | sha256sum
        var document = _real.Read();
        Assert.Equal(
            [
                ("in-toto/fetch/source", """["41cf6794ba4200b839c53531555f0f3998df4cbb01a4d5cb0b94e3ca5e23947d"]"""),
                ("in-toto/build/kernel", """["6923dd1bc0460082c5d55a831908c24a282860b7f1cd6c2b79cf1bc8857c639c"]"""),
            ],
            document.Extracted.Values.Select(value => (value.Name, value.Value!.ToJsonString())));
        Assert.Equal(new(2031, 1, 1, 0, 0, 0, TimeSpan.Zero), document.Extracted.Expires);
    }

    [Theory]
    [InlineData("signer", "build: has links signed by 0 of its functionaries, needs 1")]
    [InlineData("threshold", "build: has links signed by 1 of its functionaries, needs 2")]
    [InlineData("expired", "expires: was 2020-01-01")]
    [InlineData("inner expired", "expires: was 2020-01-01")]
    [InlineData("outer rule", "build.products: 'kernel' is disallowed")]
    [InlineData("inner rule", "ld.products: 'kernel' is disallowed")]
    [InlineData("other source", "build.materials: 'source' is disallowed")]
    [InlineData("other object", "link.materials: 'object' is disallowed")]
    [InlineData("altered", "ld: has links signed by 0")]
    [InlineData("missing", "ld: has links signed by 0")]
    [InlineData("beside", "ld: has links signed by 0")]
    [InlineData("other folder", "compile: has links signed by 0")]
    public void What_in_toto_refuses_is_refused(string name, string reason)
    {
        _real.Script(Script, name);
        var (code, errors) = _real.Verify();
        Assert.True(code == 1, errors);
        var refusal = Assert.Throws<MalformedDataException>(() => _real.Read());
        Assert.Contains(reason, $"{refusal.Field}: {refusal.Rule}", StringComparison.Ordinal);
    }
}
