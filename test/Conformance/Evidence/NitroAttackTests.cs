using System.Security.Cryptography;
using System.Text;
using Nacre.Verifiers;
using Nacre.Verifiers.Nitro;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>Attacks on attestation documents of AWS Nitro Enclaves, each refused by the check that is there for it.</summary>
[Trait("Group", "EvidenceNitro")]
public sealed class NitroAttackTests
{
    private static readonly DateTimeOffset s_debugTime = new(2021, 9, 9, 10, 19, 20, TimeSpan.Zero);
    private static readonly NitroVerifier s_lax = new(new() { AllowDebug = true });

    private static byte[] Debug => SharedVectors.Read("nitro/fortanix/request_proper.bin");

    [Fact]
    public void A_document_of_an_enclave_that_is_no_debug_enclave_verifies()
    {
        var pem = SharedVectors.Read("nitro/evervault/non-debug-cert-containing-attestation-document-18-1-23.pem");
        var document = Assert.Single(NitroDocumentInCertificate.Find(Encoding.ASCII.GetString(pem)));
        var submission = new EvidenceSubmission { Evidence = default, At = new(2023, 1, 18, 13, 10, 0, TimeSpan.Zero) };
        var claims = Assert.IsType<Verified>(new NitroVerifier(new()).VerifyDocument(document, submission)).Claims[0].Claims;
        Assert.False(claims["debug"]!.GetValue<bool>());
        Assert.StartsWith("d265a83faa7b4fa0d73b82b6d06253e8", claims["pcrs"]!["0"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.False(claims.ContainsKey("report_data"));
    }

    [Fact]
    public void No_truncation_and_no_trailing_byte_verifies() => MutationAttacks.NoTruncationAndNoTrailingByteVerifies(Debug, VerifyDebug);

    [Theory]
    [InlineData("040506", true)]
    [InlineData("070809", true)]
    [InlineData("0405", false)]
    [InlineData("04050600", false)]
    [InlineData("010203", false)]
    [InlineData("", false)]
    public void Report_data_is_user_data_or_nonce_and_nothing_else(string expected, bool holds)
    {
        var verdict = new OwnNitro().Verify(reportData: Convert.FromHexString(expected));
        if (!holds)
        {
            Assert.Equal(["nitro.report_data"], verdict.Failures());
            return;
        }

        Assert.Equal(expected, Assert.IsType<Verified>(verdict).Claims[0].Claims["report_data"]!.GetValue<string>());
    }

    [Fact]
    public void Zeros_may_follow_report_data()
    {
        var nitro = new OwnNitro();
        nitro.Fields["user_data"] = CborBytes.Bytes([4, 5, 6, .. new byte[61]]);
        Assert.IsType<Verified>(nitro.Verify(reportData: [4, 5, 6]));
        nitro.Fields["user_data"] = CborBytes.Bytes([4, 5, 6, .. new byte[60], 1]);
        Assert.Equal(["nitro.report_data"], nitro.Verify(reportData: [4, 5, 6]).Failures());
        nitro.Fields.Remove("user_data");
        nitro.Fields["nonce"] = [0xf6];
        Assert.Equal(["nitro.report_data"], nitro.Verify(reportData: [4, 5, 6]).Failures());
    }

    [Fact]
    public void Refuses_a_look_alike_root_and_a_mixed_chain()
    {
        var nitro = new OwnNitro();
        Assert.IsType<Verified>(nitro.Verify());
        var submission = new EvidenceSubmission { Evidence = default, At = OwnNitro.At };
        Assert.Equal(["nitro.chain.root"], new NitroVerifier(new()).VerifyDocument(nitro.Sign(), submission).Failures());

        // Of two clouds with the same names, each with a true chain: no link of one may stand in the other.
        var other = new OwnNitro();
        foreach (var name in new[] { "certificate", "cabundle" })
        {
            var mixed = new OwnNitro();
            mixed.Fields[name] = other.Fields[name];
            Assert.Equal([name == "cabundle" ? "nitro.chain.root" : "nitro.chain.issuer"], mixed.Verify().Failures());
        }
    }

    [Fact]
    public void Refuses_a_chain_that_ends_too_early_or_at_nothing()
    {
        var nitro = new OwnNitro();
        nitro.Fields["cabundle"] = CborBytes.Array();
        Assert.Equal(["nitro.chain.root"], nitro.Verify().Failures());

        // The leaf's issuer is missing, and the leaf itself is no authority.
        var root = new OwnNitro();
        var bundle = root.Fields["cabundle"];
        root.Fields["cabundle"] = CborBytes.Array(First(bundle));
        Assert.Equal(["nitro.chain.issuer"], root.Verify().Failures());
        root.Fields["cabundle"] = CborBytes.Array(First(bundle), root.Fields["certificate"]);
        Assert.Equal(["nitro.chain.issuer"], root.Verify().Failures());
    }

    [Theory]
    [InlineData(-25, "nitro.chain.validity")]
    [InlineData(-2, "nitro.chain.validity")]
    [InlineData(3, "nitro.chain.validity")]
    [InlineData(25, "nitro.chain.validity")]
    public void Refuses_certificates_before_and_after_their_time(int hours, string id) =>
        Assert.Equal([id], new OwnNitro().Verify(at: OwnNitro.At.AddHours(hours)).Failures());

    [Theory]
    [InlineData(-2)]
    [InlineData(3)]
    public void Refuses_a_document_that_was_not_made_while_its_certificate_was(int hours)
    {
        var nitro = new OwnNitro();
        nitro.Fields["timestamp"] = CborBytes.Integer(OwnNitro.At.AddHours(hours).ToUnixTimeMilliseconds());
        Assert.Equal(["nitro.timestamp"], nitro.Verify().Failures());
    }

    [Fact]
    public void Refuses_a_key_on_another_curve() =>
        Assert.Equal(["nitro.chain.key"], new OwnNitro(ECCurve.NamedCurves.nistP256).Verify().Failures());

    [Fact]
    public void Refuses_a_debug_enclave_unless_it_is_allowed()
    {
        var nitro = new OwnNitro();
        nitro.Fields["pcrs"] = CborBytes.Map(
            [.. Enumerable.Range(0, 16).Select(number => (CborBytes.Integer(number), CborBytes.Bytes(new byte[48])))]);
        Assert.Equal(["nitro.debug"], nitro.Verify().Failures());
        Assert.Equal(["nitro.debug"], new NitroVerifier(new()).VerifyDocument(Debug, At(s_debugTime)).Failures());
        Assert.IsType<Verified>(VerifyDebug(Debug));
    }

    [Fact]
    public void A_tagged_document_is_the_same_document()
    {
        var nitro = new OwnNitro();
        Assert.IsType<Verified>(nitro.Verify(nitro.Sign(isTagged: true)));
        Assert.Equal("nitro.document.(tag) at 0x000", nitro.Verify([0xd1, .. nitro.Sign()]).OnlyFailure("nitro.evidence.format"));
    }

    [Fact]
    public void R_and_s_out_of_range_never_verify()
    {
        var nitro = new OwnNitro();
        var document = nitro.Sign();
        foreach (var value in CoseBytes.OutOfRangeP384)
        {
            Assert.Equal(["nitro.signature"], nitro.Verify([.. document[..^96], .. value, .. document[^48..]]).Failures());
            Assert.Equal(["nitro.signature"], nitro.Verify([.. document[..^48], .. value]).Failures());
        }
    }

    public static TheoryData<string, string, string> Malformed() => new()
    {
        { "digest", "66534841323536", "nitro.document.digest" },
        { "digest", "f6", "nitro.document.digest" },
        { "timestamp", "20", "nitro.document.timestamp" },
        { "timestamp", "1bffffffffffffffff", "nitro.document.timestamp" },
        { "timestamp", "1b7fffffffffffffff", "nitro.document.timestamp" },
        { "timestamp", "fb4273b4a1e8d40000", "nitro.document.timestamp" },
        { "module_id", "40", "nitro.document.module_id" },
        { "module_id", "62c328", "nitro.document.module_id" },
        { "module_id", "7f6161ff", "nitro.document.module_id" },
        { "pcrs", "a0", "nitro.document.pcrs" },
        { "pcrs", "80", "nitro.document.pcrs" },
        { "pcrs", "a2004100004100", "nitro.document.pcrs" },
        { "pcrs", "bf004100ff", "nitro.document.pcrs" },
        { "pcrs", "bb7fffffffffffffff", "nitro.document.pcrs" },
        { "certificate", "5bffffffffffffffff", "nitro.document.certificate" },
        { "certificate", "5b7fffffffffffffff", "nitro.document.certificate" },
        { "certificate", "59ffff", "nitro.document.certificate" },
        { "certificate", "f6", "nitro.document.certificate" },
        { "cabundle", "9bffffffffffffffff", "nitro.document.cabundle" },
        { "cabundle", "9820", "nitro.document.cabundle" },
        { "nonce", "6161", "nitro.document.nonce" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Refuses_a_member_that_breaks_its_rule(string name, string value, string field)
    {
        // The last member, so that a length that lies is found for what it is.
        var nitro = new OwnNitro();
        nitro.Fields.Remove(name);
        nitro.Fields[name] = Convert.FromHexString(value);
        Assert.StartsWith(field, nitro.Verify().OnlyFailure("nitro.evidence.format"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("public_key", 1024)]
    [InlineData("user_data", 512)]
    [InlineData("nonce", 512)]
    public void Optional_members_have_their_greatest_lengths(string name, int max)
    {
        var nitro = new OwnNitro();
        nitro.Fields[name] = CborBytes.Bytes(new byte[max]);
        Assert.IsType<Verified>(nitro.Verify());
        nitro.Fields[name] = CborBytes.Bytes(new byte[max + 1]);
        Assert.StartsWith($"nitro.document.{name} at", nitro.Verify().OnlyFailure("nitro.evidence.format"), StringComparison.Ordinal);
        nitro.Fields.Remove(name);
        Assert.IsType<Verified>(nitro.Verify());
    }

    [Fact]
    public void Mandatory_members_must_be_there()
    {
        foreach (var name in new[] { "module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle" })
        {
            var nitro = new OwnNitro();
            nitro.Fields.Remove(name);
            Assert.StartsWith($"nitro.document.{name} at", nitro.Verify().OnlyFailure("nitro.evidence.format"), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_document_without_the_registers_of_its_code_is_refused(int missing)
    {
        var nitro = new OwnNitro();
        nitro.Fields["pcrs"] = OwnNitro.Registers(Enumerable.Range(0, 16).Where(number => number != missing));
        Assert.StartsWith("nitro.document.pcrs at", nitro.Verify().OnlyFailure("nitro.evidence.format"), StringComparison.Ordinal);
    }

    [Fact]
    public void Registers_are_32_of_48_bytes()
    {
        var nitro = new OwnNitro();
        nitro.Fields["pcrs"] = OwnNitro.Registers(Enumerable.Range(0, 32));
        Assert.IsType<Verified>(nitro.Verify());
        foreach (var wrong in new[]
        {
            OwnNitro.Registers([0, 1, 2, 32]), OwnNitro.Registers([0, 1, 2, -1]), OwnNitro.Registers([0, 1, 2], 47), OwnNitro.Registers([0, 1, 2], 49),
        })
        {
            nitro.Fields["pcrs"] = wrong;
            Assert.StartsWith("nitro.document.pcrs.", nitro.Verify().OnlyFailure("nitro.evidence.format"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_member_nobody_knows_is_skipped_unless_it_is_too_deep()
    {
        var nitro = new OwnNitro();
        nitro.Fields["new"] = [.. Enumerable.Repeat((byte)0x81, 15), 0];
        Assert.IsType<Verified>(nitro.Verify());
        nitro.Fields["new"] = [.. Enumerable.Repeat((byte)0x81, 16), 0];
        Assert.StartsWith("nitro.document.new at", nitro.Verify().OnlyFailure("nitro.evidence.format"), StringComparison.Ordinal);
        nitro.Fields["new"] = [.. Enumerable.Repeat((byte)0x81, 20_000), 0];
        Assert.StartsWith("nitro.document.new at", nitro.Verify().OnlyFailure("nitro.evidence.format"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"document":"@"}""", true)]
    [InlineData("""{"document":"@ "}""", false)]
    [InlineData("""{"document":"@","document":"@"}""", false)]
    [InlineData("""{"document":"@","more":1}""", false)]
    [InlineData("""{"document":null}""", false)]
    [InlineData("""["@"]""", false)]
    public async Task Evidence_in_json_is_one_member(string json, bool isEvidence)
    {
        var nitro = new OwnNitro();
        var verifier = new NitroVerifier(new() { RootKeyDigest = nitro.RootKeyDigest });
        var evidence = Encoding.ASCII.GetBytes(json.Replace("@", Convert.ToBase64String(nitro.Sign()), StringComparison.Ordinal));
        var verdict = await verifier.VerifyAsync(new() { Evidence = evidence, At = OwnNitro.At }, default);
        Assert.Equal(isEvidence, verdict is Verified);
        if (!isEvidence)
            verdict.OnlyFailure("nitro.evidence.format");
    }

    // An array of two byte strings: the first of them.
    private static byte[] First(byte[] bundle) => bundle[1..(4 + (bundle[2] << 8 | bundle[3]))];

    private static EvidenceSubmission At(DateTimeOffset time) => new() { Evidence = default, At = time };

    private static Verdict VerifyDebug(byte[] document) => s_lax.VerifyDocument(document, At(s_debugTime));
}
