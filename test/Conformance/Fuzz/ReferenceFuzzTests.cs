using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Attestation.ReferenceValues;
using Nacre.ConformanceTests.Evidence;
using Nacre.Formats;
using Nacre.Formats.Xml;
using Nacre.UnitTests.Attestation.ReferenceValues;

namespace Nacre.ConformanceTests.Fuzz;

/// <summary>Mutated documents with reference values: each reader ends in its own exception, and nothing is read that was not signed.</summary>
[Trait("Group", "TrustFuzz")]
public sealed class ReferenceFuzzTests : IDisposable
{
    private const string Statement = """
        {"_type":"https://in-toto.io/Statement/v1","predicateType":"https://slsa.dev/provenance/v1","predicate":{"runDetails":{"builder":{"id":"b"}}},
        "subject":[{"name":"kernel","digest":{"sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}]}
        """;

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _key.Dispose();

    [Fact]
    public void Slsa() => Run("slsa", SignedDocuments.Envelope(Statement, _key));

    [Fact]
    public void Signed_json()
    {
        var compact = SignedDocuments.Compact("""{"alg":"ES256","exp":4000000000}""", """{"svn":["1"]}""", _key);
        var parts = compact.Split('.');
        var flattened = new JsonObject { ["payload"] = parts[1], ["protected"] = parts[0], ["signature"] = parts[2] };
        Run("jws", Encoding.UTF8.GetBytes(compact), Encoding.UTF8.GetBytes(flattened.ToJsonString()));
    }

    [Fact]
    public void Corim() => Run("corim", SignedCorims.Sign(SignedCorims.Manifest(until: 9), _key, until: 5));

    [Fact]
    public void In_toto()
    {
        var members = new JsonObject();
        foreach (var name in (string[])["demo.layout", "package.d3ffd108.link", "write-code.b7d643de.link"])
            members[name] = Convert.ToBase64String(SharedVectors.Read($"supply-chain/in-toto/{name}"));
        var owner = Encoding.ASCII.GetString(SharedVectors.Read("supply-chain/in-toto/alice.pub"));
        var trust = new ReferenceValueTrust { Signers = ReferenceSigner.FromPem("in-toto", owner), AcceptSkippedInspections = true };
        Run("in-toto", trust, Encoding.UTF8.GetBytes(new JsonObject { ["version"] = "0.9", ["files"] = members }.ToJsonString()));
    }

    [Fact]
    public void Manifests_in_xml()
    {
        var signed = Convert.FromBase64String(Encoding.ASCII.GetString(SharedVectors.Read("supply-chain/rvps/swid-test-rim.b64")));
        var document = StrictXml.Parse(signed, "swid", signed.Length);
        var signature = document.GetElementsByTagName("Signature", "http://www.w3.org/2000/09/xmldsig#")[0]!;
        signature.ParentNode!.RemoveChild(signature);
        Run("swid", new() { AcceptUnsigned = true }, isSigned: false, Encoding.UTF8.GetBytes(document.OuterXml));
    }

    private void Run(string type, params byte[][] corpus) => Run(type, SignedDocuments.Believe(type, _key), corpus);

    private static void Run(string type, ReferenceValueTrust trust, params byte[][] corpus) => Run(type, trust, isSigned: true, corpus);

    private static void Run(string type, ReferenceValueTrust trust, bool isSigned, params byte[][] corpus)
    {
        var known = corpus.Select(one => Values(SignedDocuments.Read(type, one, trust))).ToHashSet();
        Fuzzer.Run($"reference {type}", corpus, [[0], [0xff, 0xff], @"\ud800"u8.ToArray()], bytes =>
        {
            try
            {
                var values = Values(SignedDocuments.Read(type, bytes, trust));
                Assert.True(!isSigned || known.Contains(values), values);
            }
            catch (MalformedDataException e)
            {
                Assert.NotEmpty(e.Rule);
            }
        });
    }

    private static string Values(ReferenceValueDocument document) =>
        string.Join('\n', document.Extracted.Values.Select(value => $"{value.Name}={value.Value?.ToJsonString()}"));
}
