using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Nacre.Attesters.Tpm;
using Nacre.Cli.Demo;
using Nacre.EndToEndTests.Peers;
using Nacre.Evidence.Tpm;
using Nacre.Verifiers;
using Nacre.Verifiers.Tpm;

namespace Nacre.EndToEndTests.Tpm;

/// <summary>tpm2-tools as a second opinion: they check what we made, and we check what they made.</summary>
[Trait("Group", "TpmPeers")]
public sealed class TpmToolsTests(SwtpmFixture tpms) : IClassFixture<SwtpmFixture>
{
    private static readonly byte[] s_reportData = SHA256.HashData("a challenge"u8);

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    [Theory]
    [InlineData(TpmAttestationKeyKind.Rsa2048)]
    [InlineData(TpmAttestationKeyKind.EccP256)]
    public async Task They_accept_our_quote(TpmAttestationKeyKind kind)
    {
        var tools = Tools(tpms.First);
        await using var attester = SwtpmFixture.Attester(tpms.First, new() { KeyKind = kind });
        var evidence = TpmEvidence.Parse(await attester.GetEvidenceAsync(s_reportData, CancellationToken.None));
        await tools.WriteAsync("message", evidence.Message);
        await tools.WriteAsync("signature", evidence.Signature);
        await File.WriteAllTextAsync(tools.PathOf("ak.pem"), PemEncoding.WriteString("PUBLIC KEY", evidence.AkPublic));

        await tools.RunAsync(
            "tpm2_checkquote", "-u", "ak.pem", "-m", "message", "-s", "signature", "-g", "sha256", "-q", Convert.ToHexStringLower(s_reportData));
    }

    [Theory]
    [InlineData("rsa", "rsassa")]
    [InlineData("rsa", "rsapss")]
    [InlineData("ecc", "ecdsa")]
    public async Task We_accept_their_quote(string algorithm, string scheme)
    {
        var tools = Tools(tpms.First);
        await tools.RunAsync("tpm2_createek", "-c", "ek.ctx", "-G", "rsa");
        await FlushAsync(tools);
        await tools.RunAsync(
            "tpm2_createak", "-C", "ek.ctx", "-c", "ak.ctx", "-G", algorithm, "-s", scheme, "-g", "sha256", "-u", "ak.der", "-f", "der");
        await FlushAsync(tools);
        await tools.RunAsync(
            "tpm2_quote", "-c", "ak.ctx", "-l", "sha256:all", "-q", Convert.ToHexStringLower(s_reportData),
            "-m", "message", "-s", "signature", "-g", "sha256", "--scheme", scheme);
        await FlushAsync(tools);
        await using var device = SwtpmFixture.Device(tpms.First);
        var evidence = new TpmEvidence
        {
            Message = await tools.ReadAsync("message"),
            Signature = await tools.ReadAsync("signature"),
            Pcrs = await device.PcrReadAsync(TpmAlgorithm.Sha256, CancellationToken.None),
            AkPublic = await tools.ReadAsync("ak.der"),
        };

        var verdict = await new TpmVerifier().VerifyAsync(
            new()
            {
                Evidence = evidence.ToJson(),
                At = Now,
                ReportData = s_reportData,
                Endorsement = TpmKeyEndorsement.Enrolled(evidence.AkPublic),
            },
            CancellationToken.None);

        Assert.True(verdict is Verified, string.Join("; ", verdict.Checks.Where(check => check.Outcome == CheckOutcome.Failed)));
    }

    [Fact]
    public async Task They_read_the_register_that_we_extended()
    {
        var tools = Tools(tpms.Second);
        await using var device = SwtpmFixture.Device(tpms.Second);
        await device.PcrExtendAsync(16, SHA256.HashData("app"u8), CancellationToken.None);

        await tools.RunAsync("tpm2_pcrread", "sha256:16", "-o", "pcr16");

        var ours = await device.PcrReadAsync(TpmAlgorithm.Sha256, CancellationToken.None);
        Assert.Equal(ours[16], await tools.ReadAsync("pcr16"));
        Assert.Equal(SHA256.HashData([.. new byte[32], .. SHA256.HashData("app"u8)]), ours[16]);
    }

    [Fact]
    public async Task A_credential_that_they_made_opens()
    {
        var tools = Tools(tpms.First);
        await using var attester = SwtpmFixture.Attester(tpms.First);
        var offer = await attester.DescribeKeyAsync(CancellationToken.None);
        using var certificate = X509CertificateLoader.LoadCertificate(offer.EkCertificates[0]);
        await File.WriteAllTextAsync(tools.PathOf("ek.pem"), certificate.GetRSAPublicKey()!.ExportSubjectPublicKeyInfoPem());
        await tools.WriteAsync("secret", s_reportData);

        await tools.RunAsync(
            "tpm2_makecredential", "-u", "ek.pem", "-G", "rsa", "-s", "secret",
            "-n", Convert.ToHexStringLower(TpmPublic.Parse(offer.AkPublic).Name()), "-o", "credential");
        using var opened = await attester.ActivateAsync(ReadCredential(await tools.ReadAsync("credential")), CancellationToken.None);

        Assert.Equal(s_reportData, opened.Reveal().ToArray());
    }

    [Fact]
    public async Task A_p256_endorsement_key_of_a_maker_of_our_own_is_proven()
    {
        var tools = Tools(tpms.Second);
        await using var device = SwtpmFixture.Device(tpms.Second);
        var (handle, endorsementKey) = await device.CreatePrimaryAsync(TpmHierarchy.Endorsement, TpmTemplate.EkP256(), CancellationToken.None);
        await device.FlushContextAsync(handle, CancellationToken.None);
        using var makerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest("CN=Maker", makerKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var maker = root.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(2));
        var leaf = new CertificateRequest(
            new X500DistinguishedName(""), PublicKey.CreateFromSubjectPublicKeyInfo(endorsementKey.ToSubjectPublicKeyInfo(), out _),
            HashAlgorithmName.SHA256);
        leaf.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyAgreement, true));
        using var certificate = leaf.Create(maker, Now.AddDays(-1), Now.AddDays(1), [1]);

        // Some makers fill the rest of the index with 0xff.
        await tools.WriteAsync("ek.der", [.. certificate.RawData, .. Enumerable.Repeat((byte)0xff, 100)]);
        var size = (certificate.RawData.Length + 100).ToString(System.Globalization.CultureInfo.InvariantCulture);
        await tools.RunAsync("tpm2_nvdefine", "0x01c0000a", "-C", "o", "-s", size, "-a", "ownerwrite|authread|ownerread|no_da");
        await tools.RunAsync("tpm2_nvwrite", "0x01c0000a", "-C", "o", "-i", "ek.der");

        await using var attester = SwtpmFixture.Attester(tpms.Second, new() { EndorsementKeyKind = TpmEndorsementKeyKind.EccP256 });
        var offer = await attester.DescribeKeyAsync(CancellationToken.None);
        var challenge = TpmCredentialChallenge.Create(offer, EkRoots.FromDer([maker.RawData]), Now);
        var issued = Assert.IsType<TpmCredentialChallenge.Issued>(challenge);
        using var secret = await attester.ActivateAsync(issued.Credential, CancellationToken.None);

        Assert.Equal(certificate.RawData, offer.EkCertificates[0]);
        Assert.NotNull(issued.Key.Endorse(TpmCredentialProof.Compute(secret, s_reportData), s_reportData));
    }

    [Fact]
    public async Task A_key_made_persistent_is_seen_by_them_and_removed_again()
    {
        const uint Handle = 0x8101_0002;
        var tools = Tools(tpms.First);
        await using var device = SwtpmFixture.Device(tpms.First);
        var (loaded, key) = await device.CreatePrimaryAsync(TpmHierarchy.Owner, TpmTemplate.AkP256(), CancellationToken.None);

        await device.EvictControlAsync(loaded, Handle, CancellationToken.None);
        await device.FlushContextAsync(loaded, CancellationToken.None);
        await tools.RunAsync("tpm2_readpublic", "-c", "0x81010002", "-o", "public", "-f", "der");
        Assert.Equal(key.ToSubjectPublicKeyInfo(), await tools.ReadAsync("public"));

        await device.EvictControlAsync(Handle, Handle, CancellationToken.None);
        Assert.DoesNotContain(Handle, await device.GetHandlesAsync(0x8100_0000, CancellationToken.None));
    }

    private Tpm2Tools Tools(SwtpmProcess tpm)
    {
        var directory = tpms.Scratch(Path.GetRandomFileName());
        Directory.CreateDirectory(directory);
        return new(tpm, directory);
    }

    private static async Task FlushAsync(Tpm2Tools tools)
    {
        await tools.RunAsync("tpm2_flushcontext", "-t");
        await tools.RunAsync("tpm2_flushcontext", "-l");
        await tools.RunAsync("tpm2_flushcontext", "-s");
    }

    // The file of tpm2_makecredential: magic and version, then the two TPM2Bs.
    private static TpmCredential ReadCredential(byte[] file)
    {
        var r = new Nacre.Formats.StructReader("tpm2_makecredential", file);
        Assert.Equal(0xBADCC0DEu, r.UInt32BE("magic"));
        r.UInt32BE("version");
        var blob = r.Sized16BE("credential_blob", TpmCredential.MaxBlob).ToArray();
        var secret = r.Sized16BE("secret", TpmCredential.MaxSecret).ToArray();
        r.End();
        return new() { CredentialBlob = blob, EncryptedSecret = secret };
    }
}
