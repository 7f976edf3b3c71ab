using System.Diagnostics;

namespace Nacre.UnitTests.Attestation.ReferenceValues;

/// <summary>Signed CoRIMs of Python's cbor2 and cryptography, a file each, with the keys and the authority that signed them.</summary>
public sealed class RealCorims : IDisposable
{
    private const string Script = """
        import datetime, hashlib
        import cbor2
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
        from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

        NOW = datetime.datetime(2026, 11, 21, 12)
        ALGORITHMS = {
            "ES256": (-7, hashes.SHA256(), ec.generate_private_key(ec.SECP256R1())),
            "ES384": (-35, hashes.SHA384(), ec.generate_private_key(ec.SECP384R1())),
            "ES512": (-36, hashes.SHA512(), ec.generate_private_key(ec.SECP521R1())),
            "PS256": (-37, hashes.SHA256(), rsa.generate_private_key(65537, 2048)),
            "PS384": (-38, hashes.SHA384(), rsa.generate_private_key(65537, 2048)),
            "PS512": (-39, hashes.SHA512(), rsa.generate_private_key(65537, 3072)),
            "EdDSA": (-8, None, ed25519.Ed25519PrivateKey.generate()),
        }

        def sign(algorithm, key, content):
            hash = ALGORITHMS[algorithm][1]
            if hash is None:
                return key.sign(content)
            if algorithm.startswith("PS"):
                return key.sign(content, padding.PSS(padding.MGF1(hash), hash.digest_size), hash)
            width = (key.curve.key_size + 7) // 8
            return b"".join(number.to_bytes(width, "big") for number in decode_dss_signature(key.sign(content, ec.ECDSA(hash))))

        MANIFEST = cbor2.dumps(cbor2.CBORTag(501, {0: "corim", 1: [cbor2.CBORTag(506, cbor2.dumps({1: {0: "comid"}, 4: {0: [[
            {0: {1: "ACME", 2: "Rocket"}}, [{0: 7, 1: {2: [[1, hashlib.sha256(b"firmware").digest()]]}}]]]}}))]}))

        def write(name, algorithm="ES256", key=None, protected={}, unprotected={}):
            number, _, own = ALGORITHMS[algorithm]
            header = cbor2.dumps({1: number, 3: "application/rim+cbor", 8: cbor2.dumps({0: {0: "signer"}}), **protected})
            signature = sign(algorithm, key or own, cbor2.dumps(["Signature1", header, b"", MANIFEST]))
            open(name + ".cbor", "wb").write(cbor2.dumps(cbor2.CBORTag(18, [header, unprotected, MANIFEST, signature])))

        def pem(key):
            return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

        def name(text):
            return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

        def certify(subject, key, issuer, issuer_key, ca, days=(-1, 30), signs=True):
            usage = dict.fromkeys(["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"], False)
            usage["key_cert_sign" if ca else "digital_signature" if signs else "content_commitment"] = True
            builder = x509.CertificateBuilder(name(issuer), name(subject), key.public_key(), x509.random_serial_number(),
                NOW + datetime.timedelta(days=days[0]), NOW + datetime.timedelta(days=days[1]))
            builder = builder.add_extension(x509.BasicConstraints(ca, None), True).add_extension(x509.KeyUsage(**usage), True)
            return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

        root_key, other_key, middle_key = (ec.generate_private_key(ec.SECP384R1()) for _ in range(3))
        root = certify("root", root_key, "root", root_key, True)
        open("root.pem", "wb").write(x509.load_der_x509_certificate(root).public_bytes(serialization.Encoding.PEM))
        middle = certify("middle", middle_key, "root", root_key, True)

        for algorithm, (_, _, key) in ALGORITHMS.items():
            open(algorithm + ".pem", "wb").write(pem(key))
            leaf = certify("leaf", key, "middle", middle_key, False)
            write(algorithm, algorithm)
            write(algorithm + " protected", algorithm, protected={33: [leaf, middle]})
            write(algorithm + " unprotected", algorithm, unprotected={33: [leaf, middle]})

        key = ALGORITHMS["ES256"][2]
        leaf = certify("leaf", key, "middle", middle_key, False)
        write("one certificate", unprotected={33: certify("leaf", key, "root", root_key, False)})
        write("with its root", unprotected={33: [leaf, middle, root]})
        write("critical", protected={2: [33], 33: [leaf, middle]})

        write("no certificate")
        write("critical but absent", protected={2: [33]}, unprotected={33: [leaf, middle]})
        write("in both headers", protected={33: [leaf, middle]}, unprotected={33: [leaf, middle]})
        write("issuer missing", protected={33: [leaf]})
        write("issuer first", protected={33: [middle, leaf]})
        write("other key", key=ec.generate_private_key(ec.SECP256R1()), protected={33: [leaf, middle]})
        write("other root", protected={33: [certify("leaf", key, "root", other_key, False)]})
        write("leaf over", protected={33: [certify("leaf", key, "middle", middle_key, False, (-9, -1)), middle]})
        write("leaf to come", protected={33: [certify("leaf", key, "middle", middle_key, False, (1, 9)), middle]})
        write("issuer over", protected={33: [leaf, certify("middle", middle_key, "root", root_key, True, (-9, -1))]})
        write("issuer no authority", protected={33: [leaf, certify("middle", middle_key, "root", root_key, False)]})
        write("leaf not for signatures", protected={33: [certify("leaf", key, "middle", middle_key, False, signs=False), middle]})
        write("no certificates of DER", protected={33: [b"leaf", middle]})
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("nacre-corim-").FullName;

    public RealCorims()
    {
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-W", "ignore", "-c", Script])
        {
            WorkingDirectory = _folder,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var errors = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(60_000) && process.ExitCode == 0, errors);
    }

    public byte[] Document(string name) => File.ReadAllBytes(Path.Combine(_folder, $"{name}.cbor"));

    /// <summary>A public key, or the certificate <c>root</c>.</summary>
    public string Pem(string name) => File.ReadAllText(Path.Combine(_folder, $"{name}.pem"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
