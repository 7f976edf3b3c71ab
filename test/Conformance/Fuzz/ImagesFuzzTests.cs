using System.Security.Cryptography;
using System.Text;
using Nacre.Evidence.Protocol;
using Nacre.Images;
using Nacre.Images.Bundle;
using Nacre.Images.Encryption;
using Nacre.Images.Oci;
using Nacre.Images.Policy;
using Nacre.Images.Policy.Notation;
using Nacre.Images.References;
using Nacre.Images.Registry;
using Nacre.Images.Transports;

namespace Nacre.ConformanceTests.Fuzz;

/// <summary>Mutated documents of images and of their configuration: every reader ends in an <see cref="ImageException"/> that says what and where.</summary>
[Trait("Group", "ImagesFuzz")]
public sealed class ImagesFuzzTests
{
    private const string Hex = "8f3d5b6c7a1e90214354657687980a1b2c3d4e5f60718293a4b5c6d7e8f90a1b";
    private static readonly string[] s_words =
        ["{", "}", "[", "]", ",", ":", "\"", "null", "true", "-1", "1e999", "9223372036854775808", "sha256:", "sha512:" + Hex + Hex, "\\ud800", "kbs:///a/b/c", "\"digest\":", "\"size\":"];

    [Fact]
    public void Manifests_and_indices() => Run("image manifest",
    [
        $$$$"""{"schemaVersion":2,"mediaType":"{{{{MediaTypes.OciManifest}}}}","config":{"mediaType":"{{{{MediaTypes.OciConfig}}}}","digest":"sha256:{{{{Hex}}}}","size":7},"layers":[{"mediaType":"{{{{MediaTypes.OciLayer}}}}+gzip","digest":"sha256:{{{{Hex}}}}","size":9,"annotations":{"a":"b"}}],"annotations":{"c":"d"}}""",
        $$$$"""{"schemaVersion":2,"mediaType":"{{{{MediaTypes.OciIndex}}}}","manifests":[{"mediaType":"{{{{MediaTypes.OciManifest}}}}","digest":"sha256:{{{{Hex}}}}","size":7,"artifactType":"x","platform":{"os":"linux","architecture":"arm","variant":"v7"}}]}""",
        $$$$"""{"schemaVersion":2,"config":{"mediaType":"{{{{MediaTypes.DockerConfig}}}}","digest":"sha256:{{{{Hex}}}}","size":7},"layers":[]}""",
    ],
    bytes =>
    {
        foreach (var type in (string?[])[null, MediaTypes.OciManifest, MediaTypes.DockerList, "text/plain"])
        {
            Try(() =>
            {
                var stored = StoredManifest.Read(bytes, type, "fuzz");
                if (stored.IsIndex)
                    ImageIndex.Parse(stored, "fuzz").Require(new("linux", "arm", Variant: null), "fuzz");
                else
                    ImageManifest.Parse(stored, "fuzz");
            });
        }
    });

    [Fact]
    public void Configurations() => Run("image config",
    [
        $$$$"""{"os":"linux","architecture":"amd64","variant":"v2","author":"a","created":"2026-01-01T00:00:00Z","config":{"User":"1:2","Env":["PATH=/bin","A="],"Entrypoint":["/a"],"Cmd":["b"],"WorkingDir":"/w","Volumes":{"/v":{}},"ExposedPorts":{"80/tcp":{}},"StopSignal":"9","Labels":{"k":"v"}},"rootfs":{"type":"layers","diff_ids":["sha256:{{{{Hex}}}}"]}}""",
    ],
    bytes => Try(() => RuntimeSpec.Create(ImageConfig.Parse(bytes, "fuzz"), new(1, 2, []))));

    [Fact]
    public void Key_packets_and_annotations()
    {
        var key = RandomNumberGenerator.GetBytes(AnnotationPacket.KeySize);
        var id = ResourceUri.Parse("kbs:///default/image-kek/1");
        using var secret = PrivateLayerOptions.Create(Digest.Sha256([]));
        using var rsa = RSA.Create(2048);
        using var ec = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var json = secret.ToJson();
        byte[][] corpus =
        [
            AnnotationPacket.Wrap(id, key, json).ToJson(), AnnotationPacket.WrapUnauthenticated(id, key, json).ToJson(), json,
            JweMessage.Encrypt(rsa, json), JweMessage.Encrypt(ec, json), Convert.FromBase64String(new PublicLayerOptions(new byte[LayerCipher.MacSize]).ToAnnotation()),
        ];
        var opened = 0;
        Run("key packet", corpus, bytes =>
        {
            Try(() =>
            {
                using var options = PrivateLayerOptions.Parse(AnnotationPacket.Parse(bytes, "fuzz").Unwrap(key, "fuzz"), "fuzz");
                opened++;
            });
            Try(() => PublicLayerOptions.Parse(Convert.ToBase64String(bytes), "fuzz"));
            Try(() => PublicLayerOptions.Parse(Encoding.Latin1.GetString(bytes), "fuzz"));
            Try(() => PrivateLayerOptions.Parse(bytes, "fuzz").Dispose());
            Try(() => JweMessage.Decrypt(rsa, bytes));
            Try(() => JweMessage.Decrypt(ec, bytes));
        });
        Assert.True(opened > 0, "no mutation left a packet that opens: the fuzzer reaches little more than the JSON");
    }

    [Fact]
    public void Policies() => Run("image policy",
    [
        """{"default":[{"type":"reject"}],"transports":{"docker":{"":[{"type":"insecureAcceptAnything"}],"example.com/a":[{"type":"signedBy","keyType":"GPGKeys","keyPath":"kbs:///a/b/c"}]},"oci":{"/a":[{"type":"reject"}]}}}""",
        """{"default":[{"type":"sigstoreSigned","keyDatas":["AAAA"],"rekorPublicKeyPath":"/r","signedIdentity":{"type":"remapIdentity","prefix":"a.b/c","signedPrefix":"d.e"}}]}""",
        """{"default":[{"type":"sigstoreSigned","fulcio":{"caPath":"/c","oidcIssuer":"https://i","subjectEmail":"a@b","ctLogPublicKeyData":"AAAA"},"rekorPublicKeyDatas":["AAAA"],"signedIdentity":{"type":"exactReference","dockerReference":"a.b/c:1"}}]}""",
        """{"default":[{"type":"sigstoreSigned","pki":{"caRootsPath":"/c","caIntermediatesData":"AAAA","subjectHostname":"h"}}]}""",
    ],
    bytes => Try(() => ImagePolicy.Parse(bytes, "fuzz").Find(ImageLocation.Parse("docker://example.com/a/b:1"))));

    [Fact]
    public void Notation_trust_policies() => Run("notation policy",
    [
        """{"version":"1.0","trustPolicies":[{"name":"a","registryScopes":["a.example/b"],"signatureVerification":{"level":"strict","override":{"expiry":"log","revocation":"skip"},"verifyTimestamp":"afterCertExpiry"},"trustStores":["ca:a","tsa:b"],"trustedIdentities":["x509.subject: C=US, ST=WA, O=a\\,b, OU=c"]},{"name":"b","registryScopes":["*"],"signatureVerification":{"level":"audit"},"trustStores":["signingAuthority:c"],"trustedIdentities":["*"]}]}""",
    ],
    bytes => Try(() => NotationTrustPolicy.Parse(bytes, "fuzz").Find(ImageReference.Parse("a.example/b:1"))));

    [Fact]
    public void Registries_conf() => Run("registries.conf",
    [
        "unqualified-search-registries = [\"docker.io\"]\n[[registry]]\nprefix = \"*.example.com\"\nlocation = \"internal.example/x\"\nblocked = false\n",
        "[[registry]]\nlocation = \"a.example/b\"\ninsecure = true\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = \"m.example\"\npull-from-mirror = \"tag-only\"\n",
    ],
    bytes => Try(() =>
    {
        var config = RegistriesConfig.Parse(Encoding.UTF8.GetString(bytes), "fuzz");
        config.Resolve(ImageReference.Parse("a.example/b/c:1"));
        config.Resolve(ImageReference.Parse("x.example.com/b"));
    }));

    private static void Run(string name, string[] corpus, Action<byte[]> run) => Run(name, [.. corpus.Select(Encoding.UTF8.GetBytes)], run);

    private static void Run(string name, byte[][] corpus, Action<byte[]> run) =>
        Fuzzer.Run(name, corpus, [.. s_words.Select(Encoding.UTF8.GetBytes)], run);

    private static void Try(Action read)
    {
        try
        {
            read();
        }
        catch (ImageException e)
        {
            Assert.NotEmpty(e.What);
            Assert.NotEmpty(e.Where);
            Assert.NotEmpty(e.Remedy);
        }
    }
}
