using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Nacre.Evidence.Se;
using Nacre.Formats;
using Nacre.Formats.X509;
using Nacre.Verifiers;
using Nacre.Verifiers.Se;

namespace Nacre.ConformanceTests.Evidence;

/// <summary>
/// The vectors of IBM Secure Execution: requests, headers, exchange files, measurements, and host key documents under a test
/// root.
/// </summary>
internal sealed class SeVectors : IVectorSubject
{
    public string Tee => "se";

    public ValueTask CheckFileAsync(VectorEntry file)
    {
        Assert.Contains(file.Verdict, (string[])["reference", "parse-only", "valid-under-test-root", "invalid"]);
        var bytes = file.Read();
        if (bytes.AsSpan().StartsWith("IBMSecEx"u8))
            RequireParsed(file, () => Assert.Equal(bytes[^16..], SeImageHeader.Read(bytes).Tags.Tag.ToArray()));
        else if (bytes.AsSpan().StartsWith("pvattest"u8))
            RequireParsed(file, () => Assert.False(SeExchange.Parse(bytes).Request.IsEmpty));
        else if (bytes[0] == '[')
            CheckMeasurements(bytes);
        else if (bytes[0] is (byte)'-' or 0x30)
            CheckCertificates(file, bytes);
        else if (bytes.Length > SeAttestationRequest.HeadSize && BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(0x0c)) == bytes.Length)
            CheckRequest(file, bytes, file.Verdict != "invalid");
        else
            CheckKey(file, bytes);

        return ValueTask.CompletedTask;
    }

    public ValueTask CheckCaseAsync(VectorEntry @case)
    {
        Assert.Contains(@case.Verdict, (string[])["valid", "refuse"]);
        if (@case.InputPath("arcb") is not null)
        {
            CheckRequest(@case, @case.Input("arcb")!, @case.Verdict == "valid");
            return ValueTask.CompletedTask;
        }

        Assert.Null(@case.Expected);
        var trust = Trust(@case.Manifest, @case.InputPath("root")!, Inputs(@case, "chain").Concat(Inputs(@case, "crls")));
        var checks = new CheckList();
        var accepted = trust.Require(checks, PemCertificates.ParseOne(@case.Input("host_key")), @case.EvaluateAt);
        Assert.True(accepted == (@case.Verdict == "valid"), string.Join('\n', checks.Checks));
        Assert.Equal(accepted, !checks.Failed);
        return ValueTask.CompletedTask;
    }

    private static IEnumerable<string> Inputs(VectorEntry @case, string name) =>
        @case.Json.GetProperty("inputs").TryGetProperty(name, out var paths)
            ? paths.EnumerateArray().Select(path => path.GetString()!) : [];

    private static void RequireParsed(VectorEntry file, Action parse)
    {
        if (file.Verdict == "invalid")
            Assert.Throws<MalformedDataException>(parse);
        else
            parse();
    }

    private static SeTrust Trust(VectorManifest manifest, string root, IEnumerable<string> files) =>
        new(PemCertificates.ParseOne(manifest.Read(root)), SeCertificateFiles.Read(files.Select(manifest.Read)));

    private static void CheckMeasurements(byte[] json)
    {
        foreach (var vector in JsonDocument.Parse(json).RootElement.EnumerateArray())
        {
            var values = vector.EnumerateObject().Where(one => one.Name != "name")
                .ToDictionary(one => one.Name, one => Convert.FromHexString(one.Value.GetString()!));
            var measurement = new SeMeasurement
            {
                Image = SeImageTags.Parse((byte[])[.. values["pld"], .. values["ald"], .. values["tld"], .. values["tag"]]),
                ConfigurationUid = values["cuid"],
                UserData = values["user_data"],
                AdditionalData = values["additional"],
            };
            Assert.Equal(values["hmac_sha512"], measurement.Compute(values["measurement_key"], values["nonce"]));
            Assert.Equal(10, values.Count);
        }
    }

    private static void CheckRequest(VectorEntry entry, byte[] bytes, bool valid)
    {
        SeAttestationRequest request;
        try
        {
            request = SeAttestationRequest.Parse(bytes);
        }
        catch (MalformedDataException) when (!valid)
        {
            return;
        }

        // Any host key and any private key of the folder may be the right ones.
        var opened = false;
        foreach (var host in Documents(entry.Manifest).Select(SeHostKey.Read))
        {
            var slot = request.Keyslots.FirstOrDefault(one => one.HostKeyHash.Span.SequenceEqual(host.Hash));
            foreach (var customer in entry.Manifest.Files.Select(file => file.Read()).Where(IsPrivateKey).Select(PrivateKey))
            {
                using var key = slot is null ? null : SeRequestCipher.UnwrapKey(slot, customer, host.PublicKey);
                using var secrets = key is null ? null : SeRequestCipher.Open(request, key);
                if (secrets is null)
                    continue;

                opened = true;
                foreach (var member in entry.Expected?.EnumerateObject() ?? default)
                    Assert.Equal($"{member.Name}={member.Value}", $"{member.Name}={Value(member.Name, request, key!, secrets, host)}");

                // Made again with the same keys it is the same, byte by byte.
                var same = request.Keyslots.Count > 1 ? bytes : SeRequestCipher.Encrypt(customer, [host], request.Items, request.Iv.Span,
                    key!, secrets);
                Assert.Equal(bytes, same);
            }
        }

        Assert.Equal(valid, opened);
    }

    private static string Value(string name, SeAttestationRequest request, SecretBytes key, SeRequestSecrets secrets, SeHostKey host) =>
        name switch
        {
            "request_version" => "0x0100",
            "size" => $"{request.Raw.Length}",
            "iv" => Convert.ToHexStringLower(request.Iv.Span),
            "keyslots" => $"{request.Keyslots.Count}",
            "encrypted_size" => $"{request.Encrypted.Length}",
            "flags" => $"0x{(ulong)request.Items:x16} ({string.Join(", ", Names(request.Items))})",
            "measurement_algorithm" => "1",
            "arpk" => Convert.ToHexStringLower(key.Reveal()),
            "measurement_key" => Convert.ToHexStringLower(secrets.MeasurementKey.Reveal()),
            "nonce" => Convert.ToHexStringLower(secrets.Nonce.Reveal()),
            "image_phkh_of_hostkey" => Convert.ToHexStringLower(host.Hash),
            _ => throw new InvalidDataException($"the expected value '{name}' is not known"),
        };

    private static IEnumerable<string> Names(SeRequestItems items)
    {
        foreach (var (item, name) in ((SeRequestItems, string)[])[
            (SeRequestItems.Nonce, "nonce"), (SeRequestItems.ImageHostKeyHash, "image PHKH"),
            (SeRequestItems.AttestationHostKeyHash, "attestation PHKH"),
            (SeRequestItems.SecretStoreHash, "secret store hash"), (SeRequestItems.FirmwareState, "firmware state")])
        {
            if (items.HasFlag(item))
                yield return name;
        }
    }

    // A keyslot, or one half of a key on P-521 in fields of 80 bytes.
    private static void CheckKey(VectorEntry file, byte[] bytes)
    {
        if (bytes.Length == 2 * SeAttestationRequest.CoordinateSize)
        {
            using var key = SeHostKey.Unpad(bytes.AsSpan(0, 80), bytes.AsSpan(80));
            Assert.Equal(521, key.KeySize);
            return;
        }

        Assert.Equal(SeAttestationRequest.KeyslotSize, bytes.Length);
        if (!IsPrivateKey(bytes))
        {
            Assert.Contains(Documents(file.Manifest), one => new SeKeyslot(bytes).HostKeyHash.Span.SequenceEqual(SeHostKey.Read(one).Hash));
            return;
        }

        using var own = PrivateKey(bytes);
        var publicKey = SeHostKey.Pad(own.ExportParameters(false).Q);
        Assert.Contains(file.Manifest.Files, one => one.Read().AsSpan().SequenceEqual(publicKey));
    }

    private static void CheckCertificates(VectorEntry file, byte[] bytes)
    {
        var found = SeCertificateFiles.Read(bytes);
        if (file.Verdict == "reference")
        {
            Assert.NotEmpty(SeHostKey.Read(Assert.Single(found.Certificates)).Hash);
            return;
        }

        // Under the root of the cases, with all that is valid under it. Where the folder has no case, the root is the one that signed
        // itself.
        var known = file.Manifest.Files.Where(one => one.Verdict == "valid-under-test-root").Select(one => one.Id).ToArray();
        var authorities = SeCertificateFiles.Read(known.Select(file.Manifest.Read)).Certificates;
        var root = file.Manifest.Cases.Select(one => one.Input("root")).FirstOrDefault(one => one is not null)
            ?? authorities.First(one => one.Extensions.IsAuthority && one.Issuer.Equals(one.Subject)).Raw.ToArray();
        var trust = new SeTrust(PemCertificates.ParseOne(root), SeCertificateFiles.Read(known.Select(file.Manifest.Read)));
        var good = found.Certificates.All(one => IsGood(trust, one, file.EvaluateAt))
            && found.RevocationLists.All(list => authorities.Any(one => SeTrust.FindListProblem(list, one, file.EvaluateAt) is null));
        Assert.Equal(file.Verdict == "valid-under-test-root", good);
    }

    private static bool IsGood(SeTrust trust, Certificate certificate, DateTimeOffset at)
    {
        if (IsDocument(certificate))
            return trust.Require(new(), certificate, at);

        return (certificate.Extensions.IsAuthority || SeSigningService.IsSigningKey(certificate))
            && trust.FindPathProblem(certificate, at, revocationRequired: !certificate.Extensions.IsAuthority) is null;
    }

    // Host key documents, whatever is to be said of them.
    private static IEnumerable<Certificate> Documents(VectorManifest manifest) => manifest.Files.Select(file => file.Read())
        .Where(bytes => bytes.AsSpan().StartsWith("-----BEGIN CERTIFICATE"u8))
        .SelectMany(bytes => SeCertificateFiles.Read(bytes).Certificates).Where(IsDocument);

    private static bool IsDocument(Certificate certificate)
    {
        using var key = VerificationKey.Import(certificate.SubjectPublicKeyInfo.Span);
        return key.Kind == "P-521";
    }

    // 66 bytes in a field of 80; a keyslot of the same size begins with a hash.
    private static bool IsPrivateKey(byte[] bytes) =>
        bytes.Length == SeAttestationRequest.CoordinateSize && !bytes.AsSpan(0, 14).ContainsAnyExcept((byte)0);

    private static ECDiffieHellman PrivateKey(byte[] padded) =>
        ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP521, D = padded[^66..] });
}
