using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Evidence.Se;
using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.Verifiers;
using Nacre.Verifiers.Se;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>
/// Attacks on IBM Secure Execution, with a machine that exists only here: each is refused by the check that is there for
/// it.
/// </summary>
[Trait("Group", "EvidenceSe")]
public sealed class SeAttackTests : IDisposable
{
    private static readonly DateTimeOffset s_at = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly byte[] s_reportData = [.. Enumerable.Range(1, 48).Select(one => (byte)one)];
    private static readonly SeImageTags s_image =
        SeImageTags.Parse(Enumerable.Range(0, SeImageTags.Size).Select(one => (byte)one).ToArray());
    private static readonly SeMachine s_machine = new(s_at);

    private readonly SeOptions _options = new() { SealKey = SecretBytes.Random(32) };

    public void Dispose() => _options.SealKey!.Dispose();

    [Fact]
    public async Task An_answer_of_the_machine_verifies()
    {
        var verified = Assert.IsType<Verified>(await VerifyAsync(Answer(), s_reportData));
        var one = Assert.Single(verified.Claims);
        Assert.Equal(("se", "cpu"), (one.Tee, one.TeeClass));
        Assert.Equal(Convert.ToHexStringLower(s_machine.Hash), (string?)one.Claims["attestation_phkh"]);
        Assert.Equal(Convert.ToHexStringLower(s_machine.Hash), (string?)one.Claims["image_phkh"]);
        Assert.Equal(Convert.ToHexStringLower(s_image.Tag.Span), (string?)one.Claims["tag"]);
        Assert.Equal(256u, (uint?)one.Claims["version"]);
        Assert.Equal(string.Concat(Enumerable.Repeat("c5", 16)), (string?)one.Claims["cuid"]);
        Assert.StartsWith(Convert.ToHexStringLower(s_reportData), (string?)one.Claims["report_data"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_server_with_the_same_seal_key_verifies_it_too() =>
        Assert.IsType<Verified>(await new SeVerifier(new() { SealKey = SecretBytes.Copy(_options.SealKey!.Reveal()) }).VerifyAsync(
            new() { Evidence = Answer(), At = s_at, ReportData = s_reportData }, default));

    [Fact]
    public async Task Refuses_other_report_data_and_none_that_binds()
    {
        RequireOnly(await VerifyAsync(Answer(), [.. s_reportData.Reverse()]), "se.report_data");
        RequireOnly(await VerifyAsync(Answer(), s_reportData[..47]), "se.report_data");
        RequireOnly(await VerifyAsync(Answer(), []), "se.report_data");
        RequireOnly(await VerifyAsync(Answer(), [.. s_reportData, .. new byte[17]]), "se.report_data");
    }

    [Fact]
    public async Task Refuses_another_image() =>
        RequireOnly(await VerifyAsync(s_machine.Answer(Challenge(), OtherImage(), s_reportData), s_reportData), "se.measurement");

    [Fact]
    public async Task Refuses_tags_of_the_guests_own_choice()
    {
        var json = JsonNode.Parse(s_machine.Answer(Challenge(), OtherImage(), s_reportData))!;
        json["image_hdr_tags"] = Convert.ToBase64String(OtherImage().Raw.Span);
        Assert.Equal(["se.image_tags", "se.measurement"], Failures(await VerifyAsync(json, s_reportData)));
    }

    [Fact]
    public async Task Refuses_a_key_of_the_guests_own_choice()
    {
        // The guest knows this key, and so could make any measurement.
        var (other, _) = new SeChallengeIssuer(new() { SealKey = SecretBytes.Random(32) }, s_image)
            .Create(s_machine.Trust, [s_machine.Document], s_at);
        RequireOnly(await VerifyAsync(s_machine.Answer(other!.ToJson(), s_image, s_reportData), s_reportData), "se.challenge.seal");
    }

    [Fact]
    public async Task Refuses_the_nonce_of_another_challenge()
    {
        var (one, two) = (JsonNode.Parse(Answer())!, JsonNode.Parse(Answer())!);
        one["encr_request_nonce"] = two["encr_request_nonce"]!.DeepClone();
        RequireOnly(await VerifyAsync(one, s_reportData), "se.challenge.seal");
    }

    [Fact]
    public async Task Refuses_the_measurement_of_another_challenge()
    {
        var (one, two) = (JsonNode.Parse(Answer())!, JsonNode.Parse(Answer())!);
        one["measurement"] = two["measurement"]!.DeepClone();
        RequireOnly(await VerifyAsync(one, s_reportData), "se.measurement");
    }

    [Fact]
    public async Task Refuses_an_expired_challenge()
    {
        var evidence = Answer();
        Assert.IsType<Verified>(await VerifyAsync(evidence, s_reportData, s_at.AddMinutes(5)));
        RequireOnly(await VerifyAsync(evidence, s_reportData, s_at.AddMinutes(5).AddSeconds(1)), "se.challenge.expiry");
    }

    [Fact]
    public async Task Refuses_machines_that_the_challenge_does_not_name()
    {
        RequireOnly(
            await VerifyAsync(s_machine.Answer(Challenge(), s_image, s_reportData, imageHost: new byte[32]), s_reportData),
            "se.host_key.image");
        RequireOnly(
            await VerifyAsync(s_machine.Answer(Challenge(), s_image, s_reportData, attestationHost: new byte[32]), s_reportData),
            "se.host_key.attestation");
    }

    [Fact]
    public async Task Refuses_everything_without_a_seal_key() => RequireOnly(
        await new SeVerifier(new()).VerifyAsync(new() { Evidence = Answer(), At = s_at, ReportData = s_reportData }, default),
        "se.challenge.seal");

    [Theory]
    [InlineData("measurement", 63)]
    [InlineData("additional_data", 63)]
    [InlineData("cuid", 17)]
    [InlineData("image_hdr_tags", 207)]
    [InlineData("user_data", 257)]
    public async Task Refuses_members_of_another_length(string name, int length)
    {
        var json = JsonNode.Parse(Answer())!;
        json[name] = Convert.ToBase64String(new byte[length]);
        Assert.Contains(Failures(await VerifyAsync(json, s_reportData)), id => id is "se.evidence.format" or "se.measurement");
    }

    [Fact]
    public async Task Refuses_user_data_that_is_too_short_to_bind()
    {
        var json = JsonNode.Parse(Answer())!;
        json["user_data"] = Convert.ToBase64String(s_reportData);
        Assert.Equal(["se.measurement", "se.report_data"], Failures(await VerifyAsync(json, s_reportData)));
    }

    [Fact]
    public async Task No_flipped_bit_and_no_truncation_verifies()
    {
        var evidence = Answer();
        for (var bit = 0; bit < 8 * evidence.Length; bit++)
        {
            evidence[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(await VerifyAsync(evidence, s_reportData) is Refused, $"bit {bit}");
            evidence[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        for (var length = 0; length < evidence.Length; length++)
            Assert.IsType<Refused>(await VerifyAsync(evidence[..length], s_reportData));
    }

    [Fact]
    public void No_flipped_bit_and_no_truncation_of_a_request_opens()
    {
        var request = Convert.FromBase64String(JsonNode.Parse(Challenge())!["request_blob"]!.GetValue<string>());
        Assert.True(Opens(request));
        for (var bit = 0; bit < 8 * request.Length; bit++)
        {
            request[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Opens(request), $"bit {bit}");
            request[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        for (var length = 0; length < request.Length; length++)
            Assert.False(Opens(request[..length]));
        Assert.False(Opens([.. request, 0]));
    }

    [Fact]
    public void A_file_of_pvattest_verifies_with_the_key_of_its_request()
    {
        var (file, key) = Exchange();
        Assert.IsType<Verified>(VerifyExchange(file, key));
        RequireOnly(VerifyExchange(file, SecretBytes.Random(32)), "se.challenge.request");
        for (var bit = 0; bit < 8 * file.Length; bit++)
        {
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(VerifyExchange(file, key) is Refused, $"bit {bit}");
            file[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        for (var length = 0; length < file.Length; length++)
            Assert.IsType<Refused>(VerifyExchange(file[..length], key));
    }

    [Fact]
    public void No_challenge_is_made_for_documents_that_are_not_ibms()
    {
        using var other = new SeMachine(s_at);
        var issuer = new SeChallengeIssuer(_options, s_image);
        Assert.Null(issuer.Create(s_machine.Trust, [other.Document], s_at).Challenge);
        Assert.Null(issuer.Create(s_machine.Trust, [s_machine.Document, other.Document], s_at).Challenge);
        Assert.Null(issuer.Create(s_machine.Trust, [], s_at).Challenge);
        Assert.Null(issuer.Create(s_machine.Trust, [s_machine.Document], s_at.AddMonths(7)).Challenge);
        Assert.Null(new SeChallengeIssuer(new(), s_image).Create(s_machine.Trust, [s_machine.Document], s_at).Challenge);
        Assert.NotNull(issuer.Create(s_machine.Trust, [s_machine.Document], s_at).Challenge);
    }

    [Theory]
    [InlineData(0x0b, 0x01)] // version
    [InlineData(0x0f, 0x81)] // size
    [InlineData(0x1f, 0x01)] // reserved
    [InlineData(0x27, 0x02)] // keyslots
    [InlineData(0x2f, 0x81)] // encrypted bytes
    [InlineData(0x20, 0xff)] // 2^64 keyslots
    public void Refuses_headers_whose_sizes_lie(int offset, byte value)
    {
        var header = SharedVectors.Read("se/pv/exp/secure_guest.hdr");
        Assert.NotNull(SeImageHeader.Read(header));
        header[offset] = value;
        Assert.Throws<MalformedDataException>(() => SeImageHeader.Read(header));
    }

    [Fact]
    public void Finds_the_header_in_an_image()
    {
        var header = SharedVectors.Read("se/pv/exp/secure_guest.hdr");
        var expected = SeImageHeader.Read(header).Tags.Raw.ToArray();
        var image = new byte[0x16000];
        header.CopyTo(image, 0x12000);
        Assert.Equal(expected, SeImageHeader.Read(image).Tags.Raw.ToArray());

        // Newer images say where it is.
        var withMetadata = new byte[0x30000];
        header.CopyTo(withMetadata, 0x20008);
        "SeImgLnx"u8.CopyTo(withMetadata.AsSpan(0xc000));
        BinaryPrimitives.WriteUInt64BigEndian(withMetadata.AsSpan(0xc008), 0x20008);
        Assert.Equal(expected, SeImageHeader.Read(withMetadata).Tags.Raw.ToArray());
        BinaryPrimitives.WriteUInt64BigEndian(withMetadata.AsSpan(0xc008), ulong.MaxValue);
        Assert.Throws<MalformedDataException>(() => SeImageHeader.Read(withMetadata));
        Assert.Throws<MalformedDataException>(() => SeImageHeader.Read(header.AsSpan(1)));
        Assert.Throws<MalformedDataException>(() => SeImageHeader.Read(image.AsSpan(0, 0x12100)));
    }

    [Fact]
    public void Host_keys_on_other_curves_are_refused()
    {
        var pem = Encoding.ASCII.GetString(SharedVectors.Read("nvidia/roots/verifier_device_root.pem"));
        Assert.Throws<MalformedDataException>(() => SeHostKey.Read(PemCertificates.Parse(pem)[0]));
    }

    private static bool Opens(byte[] request)
    {
        try
        {
            using var secrets = s_machine.Open(SeAttestationRequest.Parse(request));
            return secrets is not null;
        }
        catch (MalformedDataException)
        {
            return false;
        }
    }

    private static (byte[] File, SecretBytes Key) Exchange()
    {
        var key = SecretBytes.Random(32);
        using var secrets = new SeRequestSecrets(SecretBytes.Random(64), SecretBytes.Random(16));
        using var customer = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP521);
        using var host = SeHostKey.Read(s_machine.Document);
        var request = SeRequestCipher.Encrypt(customer, [host], SeChallengeIssuer.Items, new byte[12], key, secrets);
        byte[] userData = [.. s_reportData, .. new byte[16]];
        byte[] additional = [.. host.Hash, .. host.Hash];
        var measured = new SeMeasurement
        {
            Image = s_image,
            ConfigurationUid = new byte[16],
            UserData = userData,
            AdditionalData = additional,
        };
        var answer = measured.Compute(secrets.MeasurementKey.Reveal(), secrets.Nonce.Reveal());
        byte[][] parts = [request, answer, additional, userData, new byte[16]];
        var file = new byte[0x40 + parts.Sum(part => part.Length)];
        "pvattest"u8.CopyTo(file);
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(8), 0x100);
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(12), (uint)file.Length);
        var offset = 0x40;
        for (var i = 0; i < parts.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(0x18 + 8 * i), (uint)parts[i].Length);
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(0x1c + 8 * i), (uint)offset);
            parts[i].CopyTo(file, offset);
            offset += parts[i].Length;
        }

        return (file, key);
    }

    private Verdict VerifyExchange(byte[] file, SecretBytes key) => new SeVerifier(_options).VerifyExchange(
        file, key, s_image, new() { Evidence = default, At = s_at, ReportData = s_reportData });

    private static SeImageTags OtherImage()
    {
        var raw = s_image.Raw.ToArray();
        raw[0] ^= 1;
        return SeImageTags.Parse(raw);
    }

    private string Challenge() =>
        new SeChallengeIssuer(_options, s_image).Create(s_machine.Trust, [s_machine.Document], s_at).Challenge!.ToJson();

    private byte[] Answer() => s_machine.Answer(Challenge(), s_image, s_reportData);

    private async Task<Verdict> VerifyAsync(JsonNode json, byte[] reportData) =>
        await VerifyAsync(Encoding.UTF8.GetBytes(json.ToJsonString()), reportData);

    private async Task<Verdict> VerifyAsync(byte[] evidence, byte[] reportData, DateTimeOffset? at = null) =>
        await new SeVerifier(_options).VerifyAsync(new() { Evidence = evidence, At = at ?? s_at, ReportData = reportData }, default);

    private static string[] Failures(Verdict verdict) => [.. Assert.IsType<Refused>(verdict).Failures.Select(check => check.Id)];

    private static void RequireOnly(Verdict verdict, string id) => Assert.Equal([id], Failures(verdict));
}
