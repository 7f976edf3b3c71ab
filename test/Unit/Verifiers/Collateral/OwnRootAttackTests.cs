using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Nacre.Verifiers;
using Nacre.Verifiers.Collateral.Intel;
using Nacre.Verifiers.Dcap;
using Nacre.Verifiers.Sgx;
using Nacre.Verifiers.Tdx;

namespace Nacre.UnitTests.Verifiers.Collateral;

/// <summary>
/// Attacks on SGX and TDX for which there is no public vector, with a platform under an own root: each is refused by its own check.
/// </summary>
[Trait("Group", "EvidenceDcap")]
public sealed class OwnRootAttackTests : IDisposable
{
    private static readonly byte[] s_order = Convert.FromHexString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

    private readonly OwnIntel _intel = new();

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task The_platform_verifies_when_nothing_is_wrong(int version)
    {
        var claims = Assert.IsType<Verified>(
            await VerifyAsync(version, new OwnQuote(version).Sign(_intel), Collateral(version))).Claims[0].Claims;
        Assert.Equal("UpToDate", (string?)claims["tcb_status"]);
        Assert.Equal("0", (string?)claims["collateral_expiration_status"]);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Refuses_a_revoked_platform(int version) => await RequireAsync(
        "dcap.pck.revocation", version,
            Collateral(version) with { PckCrl = _intel.PlatformAuthority.RevocationList(OwnIntel.Month, _intel.Pck) });

    [Fact]
    public async Task Refuses_a_revoked_authority_of_platforms() => await RequireAsync(
        "dcap.pck.authority_revocation", 3,
        Collateral(3) with { RootCaCrl = _intel.Root.RevocationList(OwnIntel.Month, _intel.PlatformAuthority.Certificate) });

    [Fact]
    public async Task Refuses_collateral_of_a_revoked_signer()
    {
        var verdict = await VerifyAsync(
            3, new OwnQuote(3).Sign(_intel), Collateral(3) with { RootCaCrl = _intel.Root.RevocationList(OwnIntel.Month, _intel.Signer) });
        Assert.Equal(["dcap.tcb_info.signature", "dcap.qe_identity.signature"], Failures(verdict));
    }

    [Fact]
    public async Task Refuses_the_list_of_another_authority() => await RequireAsync(
        "dcap.pck_crl.signature", 3, Collateral(3) with { PckCrl = _intel.Root.RevocationList(OwnIntel.Month) });

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Refuses_a_platform_whose_status_is_revoked(int version)
    {
        _intel.Pck = _intel.IssuePck((OwnIntel.Now.AddYears(-1), OwnIntel.Now.AddYears(1)), svn: 3);
        await RequireAsync("dcap.tcb.status", version, Collateral(version));
    }

    [Fact]
    public async Task Refuses_a_quoting_enclave_whose_status_is_revoked()
    {
        var quote = new OwnQuote(3);
        quote.Qe[258] = 5;
        Assert.Equal(["dcap.tcb.status"], Failures(await VerifyAsync(3, quote.Sign(_intel), Collateral(3))));
    }

    [Fact]
    public async Task Refuses_a_module_whose_status_is_revoked() => await RequireAsync("dcap.tcb.status", 4, Collateral(4) with
    {
        TcbInfo = _intel.TcbInfo(
            true, info => info["tdxModuleIdentities"]![0]!["tcbLevels"] = new JsonArray(OwnIntel.SvnLevel(1, "Revoked"))),
    });

    [Fact]
    public async Task Refuses_a_platform_below_every_level()
    {
        _intel.Pck = _intel.IssuePck((OwnIntel.Now.AddYears(-1), OwnIntel.Now.AddYears(1)), svn: 2);
        await RequireAsync("dcap.tcb.level", 3, Collateral(3));
    }

    [Fact]
    public async Task A_platform_that_was_rolled_back_is_out_of_date_and_refused_where_that_is_asked_for()
    {
        _intel.Pck = _intel.IssuePck((OwnIntel.Now.AddYears(-1), OwnIntel.Now.AddYears(1)), svn: 6);
        var quote = new OwnQuote(3).Sign(_intel);
        var options = _intel.Options(Collateral(3));
        var claims = Assert.IsType<Verified>(await VerifyAsync(3, quote, options)).Claims[0].Claims;
        Assert.Equal("OutOfDate", (string?)claims["tcb_status"]);
        Assert.Equal(["dcap.tcb.status"], Failures(await VerifyAsync(3, quote, options with { AcceptedStatuses = [TcbStatus.UpToDate] })));
    }

    [Fact]
    public async Task Refuses_a_module_that_collateral_does_not_know()
    {
        var quote = new OwnQuote(4);
        quote.Body[1] = 2;
        Assert.Contains("tdx.module.known", Failures(await VerifyAsync(4, quote.Sign(_intel), Collateral(4))));
    }

    [Theory]
    [InlineData(64, 1, "tdx.module.signer")]
    [InlineData(112, 1, "tdx.module.attributes")]
    [InlineData(120, 1, "tdx.debug")]
    [InlineData(120, 0x80, "tdx.debug")]
    [InlineData(122, 1, "tdx.td_attributes")]
    [InlineData(123, 0x20, "tdx.migratable")]
    public async Task Refuses_a_td_that_is_not_closed_to_its_host(int offset, byte bits, string id)
    {
        var quote = new OwnQuote(4);
        quote.Body[offset] |= bits;
        var options = _intel.Options(Collateral(4)) with { AllowMigratable = false };
        Assert.Equal([id], Failures(await VerifyAsync(4, quote.Sign(_intel), options)));
    }

    [Fact]
    public async Task A_service_td_is_a_claim_for_policy()
    {
        var quote = new OwnQuote(5);
        quote.Body.AsSpan(600, 48).Fill(0xab);
        var claims = Assert.IsType<Verified>(await VerifyAsync(5, quote.Sign(_intel), Collateral(5))).Claims[0].Claims;
        Assert.Equal(Convert.ToHexStringLower(quote.Body.AsSpan(600, 48)), (string?)claims["quote"]!["body"]!["mr_servicetd"]);
    }

    [Fact]
    public async Task A_td_launched_on_an_old_module_is_to_be_relaunched()
    {
        var quote = new OwnQuote(5);
        quote.Body[0] = 5;
        var claims = Assert.IsType<Verified>(await VerifyAsync(5, quote.Sign(_intel), Collateral(5))).Claims[0].Claims;
        Assert.Equal("TDRelaunchAdvised", (string?)claims["tcb_status"]);
        Assert.Equal("UpToDate", (string?)claims["tcb_status_current"]);
    }

    [Fact]
    public async Task Refuses_a_debug_enclave()
    {
        var quote = new OwnQuote(3);
        quote.Body[48] |= 2;
        Assert.Equal(["sgx.debug"], Failures(await VerifyAsync(3, quote.Sign(_intel), Collateral(3))));
    }

    [Fact]
    public async Task Refuses_a_debug_quoting_enclave()
    {
        var quote = new OwnQuote(3);
        quote.Qe[48] |= 2;
        Assert.Contains("dcap.qe.debug", Failures(await VerifyAsync(3, quote.Sign(_intel), Collateral(3))));
    }

    [Theory]
    [InlineData("dcap.tcb_info.dates", true)]
    [InlineData("dcap.tcb_info.dates", false)]
    [InlineData("dcap.qe_identity.dates", true)]
    [InlineData("dcap.qe_identity.dates", false)]
    [InlineData("dcap.pck_crl.dates", true)]
    [InlineData("dcap.pck_crl.dates", false)]
    [InlineData("dcap.root_crl.dates", true)]
    [InlineData("dcap.root_crl.dates", false)]
    public async Task Refuses_one_document_that_is_not_yet_or_no_longer_valid(string id, bool isEarly)
    {
        var life = isEarly ? (From: OwnIntel.Now.AddSeconds(1), Until: OwnIntel.Now.AddDays(30))
            : (From: OwnIntel.Now.AddDays(-30), Until: OwnIntel.Now.AddSeconds(-1));
        var collateral = Collateral(3);
        await RequireAsync(id, 3, id.Split('.')[1] switch
        {
            "tcb_info" => collateral with { TcbInfo = _intel.TcbInfo(false, Date) },
            "qe_identity" => collateral with { QeIdentity = _intel.QeIdentity(false, Date) },
            "pck_crl" => collateral with { PckCrl = _intel.PlatformAuthority.RevocationList(life) },
            _ => collateral with { RootCaCrl = _intel.Root.RevocationList(life) },
        });

        void Date(JsonObject body) => (body["issueDate"], body["nextUpdate"]) = (OwnIntel.Iso(life.From), OwnIntel.Iso(life.Until));
    }

    [Theory]
    [InlineData(-2, -1)]
    [InlineData(1, 2)]
    public async Task Refuses_a_platform_certificate_out_of_its_time_whatever_the_grace(int from, int until)
    {
        _intel.Pck = _intel.IssuePck((OwnIntel.Now.AddDays(from), OwnIntel.Now.AddDays(until)));
        var options = _intel.Options(Collateral(3)) with { CollateralGrace = TimeSpan.FromDays(365) };
        Assert.Equal(["dcap.pck.dates"], Failures(await VerifyAsync(3, new OwnQuote(3).Sign(_intel), options)));
    }

    [Fact]
    public async Task Not_yet_valid_collateral_has_no_grace()
    {
        var later = (OwnIntel.Now.AddDays(1), OwnIntel.Now.AddDays(30));
        var collateral = Collateral(3) with { PckCrl = _intel.PlatformAuthority.RevocationList(later) };
        var options = _intel.Options(collateral) with { CollateralGrace = TimeSpan.FromDays(365) };
        Assert.Equal(["dcap.pck_crl.dates"], Failures(await VerifyAsync(3, new OwnQuote(3).Sign(_intel), options)));
    }

    [Fact]
    public async Task Refuses_the_chain_of_another_platform()
    {
        // Genuine, of the same family and by the same authority, but its key did not sign this quoting enclave.
        using var other = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        using var loaded = X509CertificateLoader.LoadCertificate(_intel.Pck);
        var pck = _intel.PlatformAuthority.Issue("Intel SGX PCK Certificate", other, OwnIntel.Month, loaded.Extensions);
        var chain = OwnIntel.Pem(pck, _intel.PlatformAuthority.Certificate, _intel.Root.Certificate);
        Assert.Equal(["dcap.qe.signature"], Failures(await VerifyAsync(3, new OwnQuote(3).Sign(_intel, chain), Collateral(3))));
    }

    [Fact]
    public async Task Refuses_mixed_chains()
    {
        using var stranger = new OwnIntel();
        (string, byte[])[] chains =
        [
            ("dcap.pck.root", stranger.PckChain),
            ("dcap.pck.chain", OwnIntel.Pem(_intel.Pck, stranger.PlatformAuthority.Certificate, _intel.Root.Certificate)),
            ("dcap.pck.names", OwnIntel.Pem(_intel.Pck, _intel.Root.Certificate)),
            ("dcap.pck.names", OwnIntel.Pem(
                _intel.Pck, _intel.PlatformAuthority.Certificate, _intel.Root.Certificate, stranger.Root.Certificate)),
            ("dcap.pck.names", OwnIntel.Pem(_intel.Signer, _intel.PlatformAuthority.Certificate, _intel.Root.Certificate)),
        ];
        foreach (var (id, chain) in chains)
            Assert.Contains(id, Failures(await VerifyAsync(3, new OwnQuote(3).Sign(_intel, chain), Collateral(3))));
    }

    [Fact]
    public async Task Refuses_collateral_signed_under_another_root()
    {
        using var stranger = new OwnIntel();
        var mixed = Collateral(3) with { TcbInfo = stranger.TcbInfo(false) };
        await RequireAsync("dcap.tcb_info.signature", 3, mixed);
        Assert.Contains("dcap.tcb_info.signature",
            Failures(await VerifyAsync(3, new OwnQuote(3).Sign(_intel), mixed with { TcbSigningChain = stranger.SigningChain })));
    }

    [Fact]
    public async Task Refuses_numbers_of_a_signature_that_are_out_of_range()
    {
        var one = new byte[32];
        one[31] = 1;
        foreach (var (r, s) in new[] { (new byte[32], one), (one, new byte[32]), (s_order, one), (one, s_order), (Ones(), Ones()) })
        {
            Assert.Equal(["dcap.quote.signature"],
                Failures(await VerifyAsync(3, new OwnQuote(3) { Signature = [.. r, .. s] }.Sign(_intel), Collateral(3))));
            Assert.Equal(["dcap.qe.signature"],
                Failures(await VerifyAsync(3, new OwnQuote(3) { QeSignature = [.. r, .. s] }.Sign(_intel), Collateral(3))));
        }
    }

    [Fact]
    public async Task Refuses_an_attestation_key_that_is_no_point()
    {
        var quote = new OwnQuote(3).Sign(_intel);
        quote[500] ^= 1;
        Assert.Contains("dcap.quote.attestation_key", Failures(await VerifyAsync(3, quote, Collateral(3))));
    }

    [Fact]
    public async Task Refuses_certificates_that_are_not_der_or_too_long()
    {
        byte[][] broken =
        [
            [.. _intel.Pck, 0],
            _intel.Pck[..^1],

            // The outer length in a longer form than it needs, which BER allows.
            [0x30, 0x83, 0x00, .. _intel.Pck[2..]],
            _intel.IssuePck((OwnIntel.Now.AddYears(-1), OwnIntel.Now.AddYears(1)),
                more: new X509Extension("1.2.3.4", new byte[17 * 1024], false)),
        ];
        foreach (var pck in broken)
        {
            var chain = OwnIntel.Pem(pck, _intel.PlatformAuthority.Certificate, _intel.Root.Certificate);
            Assert.Contains("dcap.pck.format", Failures(await VerifyAsync(3, new OwnQuote(3).Sign(_intel, chain), Collateral(3))));
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Takes_bytes_behind_the_quote_only_as_zeros(int version)
    {
        var quote = new OwnQuote(version).Sign(_intel);
        Assert.IsType<Verified>(await VerifyAsync(version, [.. quote, .. new byte[100]], Collateral(version)));
        Assert.Equal(["dcap.quote.trailing"], Failures(await VerifyAsync(version, [.. quote, .. new byte[99], 1], Collateral(version))));
    }

    public void Dispose() => _intel.Dispose();

    private static byte[] Ones() => [.. Enumerable.Repeat((byte)0xff, 32)];

    private DcapCollateralBytes Collateral(int version) => _intel.Collateral(isTdx: version > 3);

    private async Task RequireAsync(string id, int version, DcapCollateralBytes collateral) =>
        Assert.Equal([id], Failures(await VerifyAsync(version, new OwnQuote(version).Sign(_intel), collateral)));

    private Task<Verdict> VerifyAsync(int version, byte[] quote, DcapCollateralBytes collateral) =>
        VerifyAsync(version, quote, _intel.Options(collateral));

    private static async Task<Verdict> VerifyAsync(int version, byte[] quote, DcapOptions options)
    {
        var submission = new EvidenceSubmission { Evidence = default, At = OwnIntel.Now };
        return version == 3 ? await new SgxVerifier(options).VerifyQuoteAsync(quote, submission, default)
            : await new TdxVerifier(options).VerifyQuoteAsync(quote, null, submission, default);
    }

    private static IEnumerable<string> Failures(Verdict verdict) => Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id);
}
