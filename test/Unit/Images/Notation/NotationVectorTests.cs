using System.Runtime.CompilerServices;
using System.Text;
using Nacre.Formats.X509;
using Nacre.Images.Policy.Notation;
using Nacre.Images.References;
using Nacre.Images.Signatures.Notation;

namespace Nacre.UnitTests.Images.Notation;

/// <summary>Signatures that notation itself made, good and bad (Vectors/ORIGIN.md).</summary>
[Trait("Group", "ImagesNotation")]
public sealed class NotationVectorTests : IDisposable
{
    private const string Strict = """{"level":"strict"}""";
    private const string NoRevocation = """{"level":"strict","override":{"revocation":"skip"}}""";
    private static readonly DateTimeOffset s_now = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly string _store = Directory.CreateTempSubdirectory("nacre-notation-").FullName;

    public static TheoryData<string, string, string, string?> Cases => new()
    {
        { "ca_valid.jws", Strict, "ca:signer", null },
        { "ca_valid.jws", Strict, "ca:notation", null },
        { "sa_valid.jws", Strict, "signingAuthority:notation", null },
        { "ca_valid.jws", Strict, "signingAuthority:notation", "wants a trust store of kind 'ca'" },
        { "sa_valid.jws", Strict, "ca:notation", "wants a trust store of kind 'signingAuthority'" },
        { "ca_valid.jws", Strict, "ca:other", "is in none of the trust stores other" },
        { "ca_expired.jws", Strict, "ca:notation", "the signature expired at 2022-07-29 23:59:00Z" },
        { "ca_expired.jws", """{"level":"permissive"}""", "ca:notation", "(reported) not enforced by the policy: the signature expired" },
        { "ca_invalid.jws", """{"level":"audit"}""", "ca:notation", "notation.jws.payload at 0x000: must be base64url" },
        { "ca_plugin.jws", """{"level":"audit"}""", "ca:notation", "asks for the verification plugin 'plugin-name'" },
        { "manifest.jws", Strict, "ca:signer", null },
        { "manifest.cose", Strict, "ca:signer", null },
        { "timestamp.jws", NoRevocation, "ca:signer,tsa:globalsign", null },
        { "timestamp.cose", NoRevocation, "ca:signer,tsa:globalsign", null },
        { "timestamp.cose", Strict, "ca:signer,tsa:other", "its time stamp is not by a trusted authority" },
        { "timestamp_expired.jws", NoRevocation, "ca:signer,tsa:globalsign", null },
        { "timestamp_expired.cose", """{"level":"strict","verifyTimestamp":"afterCertExpiry","override":{"revocation":"skip"}}""", "ca:signer,tsa:globalsign", null },
        { "timestamp_expired.cose", Strict, "ca:signer,tsa:globalsign", "can be revoked, and whether it was is not asked here" },
        { "timestamp_expired.cose", Strict, "ca:signer", "names no trust store of kind 'tsa'" },
        { "timestamp_expired.cose", """{"level":"permissive"}""", "ca:signer", "(reported) not enforced by the policy: testTSA is valid from" },
        { "timestamp_late.cose", Strict, "ca:signer,tsa:globalsign", "testTSA is valid from" },
        { "manifest.cose", Strict, "ca:signer,tsa:globalsign", "it has no time stamp, and the policy wants one" },
        { "manifest.cose", """{"level":"strict","verifyTimestamp":"afterCertExpiry"}""", "ca:signer,tsa:globalsign", null },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Judges_as_notation_does(string file, string verification, string stores, string? expected)
    {
        var found = FindProblem(file, verification, stores);
        if (expected is null)
            Assert.Null(found);
        else
            Assert.Contains(expected, found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("manifest.jws")]
    [InlineData("manifest.cose")]
    public async Task Reads_what_was_signed(string file)
    {
        var manifest = await File.ReadAllBytesAsync(Vector("manifest.json"));
        var target = NotationPayload.Parse(Parse(file).Payload.Span, "test");
        Assert.Equal(Digest.Sha256(manifest), target.Digest);
        Assert.Equal(manifest.Length, target.Size);
        Assert.Equal("application/vnd.oci.image.manifest.v1+json", target.MediaType);
    }

    // A token belongs to one signature; flipping any bit of it must be seen wherever it counts.
    [Fact]
    public void A_time_stamp_of_another_signature_or_with_a_flipped_bit_is_refused()
    {
        IReadOnlyList<Certificate> roots = [PemCertificates.ParseOne(File.ReadAllBytes(Vector("globalsignRoot.cer")))];
        var (own, other) = (Parse("timestamp.jws"), Parse("timestamp.cose"));
        var token = own.Timestamp!.ToArray();
        Assert.Null(NotationTimestamp.FindProblem(token, own, roots));
        Assert.Equal("its time stamp is one of another signature", NotationTimestamp.FindProblem(token, other, roots));

        var accepted = 0;
        for (var i = 0; i < token.Length; i++)
        {
            token[i] ^= 1;
            accepted += NotationTimestamp.FindProblem(token, own, roots) is null ? 1 : 0;
            token[i] ^= 1;
        }

        // Names of algorithms that nothing depends on, and certificates beside the path, are all that nobody signed.
        Assert.True(accepted < token.Length / 4, $"{accepted} of {token.Length} flipped bits were not seen");
    }

    public void Dispose() => Directory.Delete(_store, recursive: true);

    private string? FindProblem(string file, string verification, string stores)
    {
        NotationEnvelope envelope;
        try
        {
            envelope = Parse(file);
        }
        catch (Nacre.Formats.MalformedDataException e)
        {
            return e.Message;
        }

        Put("signer", Encoding.ASCII.GetBytes(Pem(envelope.Chain[^1])));
        Put("notation", File.ReadAllBytes(Vector("NotationTestRoot.pem")));
        Put("globalsign", File.ReadAllBytes(Vector("globalsignRoot.cer")));
        using var authority = new NotationAuthority();
        Put("other", Encoding.ASCII.GetBytes(authority.Root.ExportCertificatePem()));
        var policy = NotationTrustPolicy.Parse(Encoding.UTF8.GetBytes($$"""
            {"version":"1.0","trustPolicies":[{"name":"p","registryScopes":["*"],"signatureVerification":{{verification}},
            "trustStores":[{{string.Join(',', stores.Split(',').Select(store => $"\"{store}\""))}}],"trustedIdentities":["*"]}]}
            """), "test");
        if (envelope.FindProblem() is { } problem)
            return problem;
        var (enforced, logged) = new NotationSignatureRules(policy.Find(ImageReference.Parse("a.example/b"))!, _store, s_now).Check(envelope);
        return enforced ?? (logged.Count == 0 ? null : $"(reported) {string.Join("; ", logged)}");
    }

    private void Put(string name, byte[] certificate)
    {
        foreach (var kind in NotationStoreName.Kinds)
        {
            var directory = Directory.CreateDirectory(Path.Combine(_store, "x509", kind, name));
            File.WriteAllBytes(Path.Combine(directory.FullName, "root.pem"), certificate);
        }
    }

    private static NotationEnvelope Parse(string file) => NotationEnvelope.Parse(
        file.EndsWith(".jws", StringComparison.Ordinal) ? NotationEnvelope.JwsType : NotationEnvelope.CoseType, File.ReadAllBytes(Vector(file)));

    private static string Pem(Certificate certificate) => System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", certificate.Raw.Span);

    private static string Vector(string name, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Vectors", name);
}
