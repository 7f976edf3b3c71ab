using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Attestation.ReferenceValues;
using Nacre.Attestation.ReferenceValues.InToto;
using Nacre.Formats;

namespace Nacre.UnitTests.Attestation.ReferenceValues;

/// <summary>The rules of in-toto that a forger would try to get around: who counts as a functionary, which digests count, and for how long.</summary>
[Trait("Group", "TrustReferences")]
public sealed class InTotoTests : IDisposable
{
    private readonly ECDsa _owner = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _alice = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _bob = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _owner.Dispose();
        _alice.Dispose();
        _bob.Dispose();
    }

    [Fact]
    public void Products_end_with_their_layout()
    {
        var document = Read(Layout(1, ("a", _alice)), Link(_alice));

        var (name, value) = Assert.Single(document.Extracted.Values);
        Assert.Equal(("in-toto/build/kernel", $"[\"{SignedDocuments.Digest('a')}\"]"), (name, value!.ToJsonString()));
        Assert.Equal(new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero), document.Extracted.Expires);
    }

    [Fact]
    public void One_key_under_two_ids_is_one_functionary()
    {
        var layout = Layout(2, ("a", _alice), ("again", _alice));
        Assert.Contains("1 of its functionaries, needs 2", Refusal(layout, Link(_alice), Link(_alice, signer: "again")), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_keys_are_two_functionaries() =>
        Assert.Single(Read(Layout(2, ("a", _alice), ("b", _bob)), Link(_alice), Link(_bob, signer: "b")).Extracted.Values);

    [Fact]
    public void The_same_link_twice_is_one_functionary() =>
        Assert.Contains("needs 2", Refusal(Layout(2, ("a", _alice), ("b", _bob)), Link(_alice), Link(_alice, signer: "b")), StringComparison.Ordinal);

    [Fact]
    public void One_functionary_may_not_say_two_things() => Assert.Contains(
        "disagree", Refusal(Layout(1, ("a", _alice)), Link(_alice), Link(_alice, digests: $$"""{"sha256":"{{SignedDocuments.Digest('b')}}"}""")),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"sha1":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""")]
    [InlineData("""{"md5":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""")]
    [InlineData("""{"sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""")]
    public void Products_need_a_digest_that_holds(string digests) =>
        Assert.NotEmpty(Refusal(Layout(1, ("a", _alice)), Link(_alice, digests: digests)));

    [Fact]
    public void Digests_of_different_algorithms_are_not_the_same_thing()
    {
        var one = new Dictionary<string, string> { ["sha256"] = "a" };
        var other = new Dictionary<string, string> { ["sha512"] = "a" };
        var both = new Dictionary<string, string> { ["sha256"] = "a", ["sha512"] = "b" };
        Assert.False(SupplyChainDocument.AreSame(one, other));
        Assert.True(SupplyChainDocument.AreSame(one, both));
        Assert.False(SupplyChainDocument.AreSame(other, both));
    }

    [Theory]
    [InlineData("""{"x":"\ud800"}""")]
    [InlineData("""["\udc00a"]""")]
    [InlineData("""{"x":1.5}""")]
    [InlineData("""{"x":1e3}""")]
    public void What_has_no_canonical_form_is_malformed(string json)
    {
        using var document = JsonDocument.Parse(json);
        Assert.Throws<MalformedDataException>(() => InTotoCanonicalJson.Write(document.RootElement));
    }

    [Fact]
    public void Half_a_character_in_signed_metadata_is_malformed()
    {
        var link = Encoding.UTF8.GetString(Link(_alice)).Replace("\"by\":1", "\"by\":\"\\ud800\"", StringComparison.Ordinal);
        Assert.Contains("surrogate", Refusal(Layout(1, ("a", _alice)), Encoding.UTF8.GetBytes(link)), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_owner_must_have_signed()
    {
        using var second = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var files = Payload(Layout(1, ("a", _alice)), Link(_alice));
        Assert.Throws<MalformedDataException>(() => SignedDocuments.Read("in-toto", files, SignedDocuments.Believe("in-toto", _owner, second)));
        Assert.Throws<MalformedDataException>(() => SignedDocuments.Read("in-toto", files, ReferenceValueTrust.None));

        // Keys that are believed on all documents are owners only where none is named for layouts.
        var general = SignedDocuments.Believe(null, second);
        var named = SignedDocuments.Believe("in-toto", _owner);
        Assert.Single(SignedDocuments.Read("in-toto", files, new() { Signers = [.. general.Signers, .. named.Signers] }).Extracted.Values);
    }

    [Theory]
    [InlineData(InTotoSupplyChain.MaxDepth, null)]
    [InlineData(InTotoSupplyChain.MaxDepth + 1, "is a layout within 9 others")]
    public void Layouts_lie_within_each_other_so_deep_and_no_deeper(int depth, string? refusal)
    {
        var (files, folder) = (new Dictionary<string, byte[]> { ["root.layout"] = Layout(1, ("a", _alice)) }, "");
        for (var i = 0; i < depth; i++, folder += "build.a/")
            files[$"{folder}build.a.link"] = Layout(_alice, 1, ("a", _alice));
        files[$"{folder}build.a.link"] = Link(_alice);

        RequireRefusal(refusal, files);
    }

    // Each level doubles what is to be verified: one layout under the names of two keys, both of which signed it.
    [Fact]
    public void Layouts_are_so_many_and_no_more()
    {
        (string, ECDsa)[] both = [("aaaaaaaa1", _alice), ("aaaaaaaa2", _bob)];
        var (files, folder) = (new Dictionary<string, byte[]> { ["root.layout"] = Layout(1, both) }, "");
        for (var i = 0; i < InTotoSupplyChain.MaxDepth; i++, folder += "build.aaaaaaaa/")
            files[$"{folder}build.aaaaaaaa.link"] = BySecondToo(Layout(_alice, 1, both));
        files[$"{folder}build.aaaaaaaa.link"] = Link(_alice);

        RequireRefusal("at most 64 are followed", files);
    }

    [Fact]
    public void One_key_under_two_ids_is_one_functionary_with_layouts_too()
    {
        var files = new Dictionary<string, byte[]>
        {
            ["root.layout"] = Layout(2, ("a", _alice), ("again", _alice)),
            ["build.a.link"] = Layout(_alice, 1, ("b", _bob)),
            ["build.a/build.b.link"] = Link(_bob),
            ["build.again.link"] = Layout(_alice, 1, ("b", _bob)),
            ["build.again/build.b.link"] = Link(_bob),
        };
        RequireRefusal("1 of its functionaries, needs 2", files);
    }

    [Fact]
    public void A_layout_within_and_a_link_must_agree()
    {
        var files = new Dictionary<string, byte[]>
        {
            ["root.layout"] = Layout(2, ("a", _alice), ("b", _bob)),
            ["build.a.link"] = Layout(_alice, 1, ("b", _bob)),
            ["build.a/build.b.link"] = Link(_bob),
            ["build.b.link"] = Link(_bob),
        };
        RequireRefusal(null, files);
        files["build.b.link"] = Link(_bob, digests: $$"""{"sha256":"{{SignedDocuments.Digest('b')}}"}""");
        RequireRefusal("disagree", files);
    }

    // Nobody who is asked for it signed the layout: the owner's word on the whole is none on a step.
    [Fact]
    public void A_layout_within_is_of_a_functionary_and_its_inspections_count()
    {
        var files = new Dictionary<string, byte[]>
        {
            ["root.layout"] = Layout(1, ("a", _alice)),
            ["build.a.link"] = Layout(_owner, 1, ("b", _bob)),
            ["build.a/build.b.link"] = Link(_bob),
        };
        RequireRefusal("0 of its functionaries, needs 1", files);

        files["build.a.link"] = Layout(_alice, 1, ("b", _bob));
        RequireRefusal(null, files);
        files["build.a.link"] = Sealed(_alice, "a", With(files["build.a.link"], "inspect", new JsonArray(new JsonObject())));
        RequireRefusal("has 1 inspections", files);
    }

    private void RequireRefusal(string? refusal, Dictionary<string, byte[]> files)
    {
        var trust = SignedDocuments.Believe("in-toto", _owner);
        if (refusal is null)
            Assert.Single(SignedDocuments.Read("in-toto", Payload(files), trust).Extracted.Values);
        else
            Assert.Contains(refusal, RefusalOf(Payload(files)), StringComparison.Ordinal);
    }

    private byte[] Layout(int threshold, params (string Id, ECDsa Key)[] functionaries) => Layout(_owner, threshold, functionaries);

    private static byte[] Layout(ECDsa owner, int threshold, params (string Id, ECDsa Key)[] functionaries)
    {
        var keys = new JsonObject();
        foreach (var (id, key) in functionaries)
        {
            keys[id] = new JsonObject
            {
                ["keyid"] = id,
                ["keytype"] = "ecdsa",
                ["scheme"] = "ecdsa-sha2-nistp256",
                ["keyval"] = new JsonObject { ["public"] = key.ExportSubjectPublicKeyInfoPem() },
            };
        }

        var step = new JsonObject
        {
            ["_type"] = "step",
            ["name"] = "build",
            ["pubkeys"] = new JsonArray([.. functionaries.Select(one => (JsonNode)one.Id)]),
            ["threshold"] = threshold,
            ["expected_materials"] = new JsonArray(),
            ["expected_products"] = new JsonArray(),
        };
        return Sealed(owner, "owner", new JsonObject
        {
            ["_type"] = "layout",
            ["expires"] = "2027-01-01T00:00:00Z",
            ["readme"] = "",
            ["keys"] = keys,
            ["steps"] = new JsonArray(step),
            ["inspect"] = new JsonArray(),
        });
    }

    private static byte[] Link(ECDsa key, string? digests = null, string signer = "a") => Sealed(key, signer, new JsonObject
    {
        ["_type"] = "link",
        ["name"] = "build",
        ["byproducts"] = new JsonObject { ["by"] = 1 },
        ["materials"] = new JsonObject(),
        ["products"] = new JsonObject { ["kernel"] = JsonNode.Parse(digests ?? $$"""{"sha256":"{{SignedDocuments.Digest('a')}}"}""") },
    });

    private static byte[] Sealed(ECDsa key, string id, JsonObject content) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["signed"] = content,
        ["signatures"] = new JsonArray(Signature(key, id, content)),
    }.ToJsonString());

    private static JsonObject Signature(ECDsa key, string id, JsonObject content)
    {
        using var document = JsonDocument.Parse(content.ToJsonString());
        var signature = key.SignData(
            InTotoCanonicalJson.Write(document.RootElement), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        return new JsonObject { ["keyid"] = id, ["sig"] = Convert.ToHexStringLower(signature) };
    }

    private byte[] BySecondToo(byte[] document)
    {
        var json = JsonNode.Parse(document)!;
        json["signatures"]!.AsArray().Add(Signature(_bob, "b", json["signed"]!.AsObject()));
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    private static JsonObject With(byte[] document, string member, JsonNode value)
    {
        var content = JsonNode.Parse(document)!["signed"]!.DeepClone().AsObject();
        content[member] = value;
        return content;
    }

    private static byte[] Payload(params byte[][] files) => Payload(files.Index().ToDictionary(file => $"file{file.Index}", file => file.Item));

    private static byte[] Payload(Dictionary<string, byte[]> files)
    {
        var members = new JsonObject();
        foreach (var (path, file) in files)
            members[path] = Convert.ToBase64String(file);
        return Encoding.UTF8.GetBytes(new JsonObject { ["version"] = "0.9", ["files"] = members }.ToJsonString());
    }

    private ReferenceValueDocument Read(params byte[][] files) =>
        SignedDocuments.Read("in-toto", Payload(files), SignedDocuments.Believe("in-toto", _owner));

    private string Refusal(params byte[][] files) => RefusalOf(Payload(files));

    private string RefusalOf(byte[] payload) => Assert.Throws<MalformedDataException>(
        () => SignedDocuments.Read("in-toto", payload, SignedDocuments.Believe("in-toto", _owner))).Message;
}
