using Nacre.Verifiers;
using Nacre.Verifiers.Cca;
using Nacre.Verifiers.Nitro;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Mutations of a token of CCA and of a document of Nitro never verify, and end in a verdict.</summary>
[Trait("Group", "EvidenceCbor")]
public sealed class CborAttackTests
{
    private static readonly DateTimeOffset s_tokenTime = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset s_documentTime = new(2021, 9, 9, 10, 19, 20, TimeSpan.Zero);
    private static readonly NitroVerifier s_nitro = new(new() { AllowDebug = true });

    private static readonly Lazy<CcaVerifier> s_cca = new(
        () => new(new() { TrustAnchors = CcaTrustAnchors.FromJson(SharedVectors.Read("cca/rust-ccatoken/ta-tfa.json")) }));

    private static byte[] Token => SharedVectors.Read("cca/tokens/rust-ccatoken_01.cbor");

    private static byte[] Document => SharedVectors.Read("nitro/fortanix/request_proper.bin");

    [Fact]
    public void No_flipped_bit_of_a_token_verifies() => NoFlippedBit(Token, VerifyToken);

    [Fact]
    public void No_flipped_bit_of_a_document_verifies() => NoFlippedBit(Document, VerifyDocument);

    [Fact]
    public void No_truncation_and_no_trailing_byte_verifies()
    {
        foreach (var (bytes, verify) in new[] { (Token, (Func<byte[], Verdict>)VerifyToken), (Document, VerifyDocument) })
        {
            for (var length = 0; length < bytes.Length; length++)
                Assert.True(verify(bytes[..length]) is Refused, $"{length} bytes");
            Assert.IsType<Refused>(verify([.. bytes, 0]));
        }
    }

    [Fact]
    public void Refuses_other_report_data_and_init_data()
    {
        var submission = new EvidenceSubmission { Evidence = default, At = s_tokenTime, ReportData = [1], InitDataDigest = new byte[65] };
        Assert.Equal(["cca.report_data", "cca.init_data"], Failures(s_cca.Value.VerifyToken(Token, submission)));
        Assert.Equal(["nitro.report_data"], Failures(s_nitro.VerifyDocument(Document, submission with { At = s_documentTime })));
        Assert.Contains("nitro.report_data", Failures(s_nitro.VerifyDocument(Document, submission with { At = s_documentTime, ReportData = [] })));
    }

    [Fact]
    public void Refuses_a_document_before_and_after_its_certificate()
    {
        foreach (var hours in new[] { -24, 24 })
            Assert.Equal(["nitro.chain.validity"], Failures(s_nitro.VerifyDocument(Document, new() { Evidence = default, At = s_documentTime.AddHours(hours) })));
    }

    [Fact]
    public void Refuses_another_root_and_a_debug_enclave()
    {
        var other = new NitroVerifier(new() { AllowDebug = true, RootKeyDigest = new string('0', 64) });
        var submission = new EvidenceSubmission { Evidence = default, At = s_documentTime };
        Assert.Equal(["nitro.chain.root"], Failures(other.VerifyDocument(Document, submission)));
        Assert.Equal(["nitro.debug"], Failures(new NitroVerifier(new()).VerifyDocument(Document, submission)));
    }

    [Fact]
    public void Refuses_a_platform_without_anchor() =>
        Assert.Equal(["cca.platform.anchor"], Failures(new CcaVerifier(new()).VerifyToken(Token, new() { Evidence = default, At = s_tokenTime })));

    // Half of the flips break the form and are refused at once; the others cost up to three signatures.
    private static void NoFlippedBit(byte[] bytes, Func<byte[], Verdict> verify) => Parallel.For(0, 8 * bytes.Length, bit =>
    {
        var changed = (byte[])bytes.Clone();
        changed[bit / 8] ^= (byte)(1 << (bit % 8));
        Assert.True(verify(changed) is Refused, $"bit {bit}");
    });

    private static IEnumerable<string> Failures(Verdict verdict) => Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id);

    private static Verdict VerifyToken(byte[] token) => s_cca.Value.VerifyToken(token, new() { Evidence = default, At = s_tokenTime });

    private static Verdict VerifyDocument(byte[] document) => s_nitro.VerifyDocument(document, new() { Evidence = default, At = s_documentTime });
}
