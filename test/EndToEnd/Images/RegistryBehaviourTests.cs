using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.EndToEndTests.Peers;
using Nacre.Images;
using Nacre.Images.Oci;
using Nacre.Images.Policy;
using Nacre.Images.References;
using Nacre.Images.Registry;
using Nacre.Images.Transports;

namespace Nacre.EndToEndTests.Images;

/// <summary>Registries that answer nonsense, mirrors, referrers, mounts.</summary>
[Trait("Group", "ImagesRegistries")]
public sealed class RegistryBehaviourTests(DockerRegistryFixture fixture) : IClassFixture<DockerRegistryFixture>, IDisposable
{
    private readonly ImageScene _scene = new(fixture.Registry);

    [Fact]
    public async Task A_web_page_in_place_of_a_manifest()
    {
        await using var fake = new FakeRegistry((_, response) => WriteAsync(response, "text/html; charset=utf-8", "<html>Please log in</html>"));
        var error = await _scene.RefusesAsync(ImageFault.Malformed, ImagePolicy.InsecureAcceptAnything, fake.Name);
        Assert.Contains("HTML", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manifest_that_never_ends()
    {
        await using var fake = new FakeRegistry(async (_, response) =>
        {
            response.ContentType = MediaTypes.OciManifest;
            response.SendChunked = true;
            for (var i = 0; i < 1000; i++)
                await response.OutputStream.WriteAsync(new byte[64 * 1024]);
        });
        await _scene.RefusesAsync(ImageFault.TooLarge, ImagePolicy.InsecureAcceptAnything, fake.Name);
    }

    [Fact]
    public async Task A_blob_that_never_ends()
    {
        await using var fake = new FakeRegistry(async (request, response) =>
        {
            if (request.RawUrl!.Contains("/manifests/", StringComparison.Ordinal))
            {
                await WriteAsync(response, MediaTypes.OciManifest, Manifest());
                return;
            }

            response.SendChunked = true;
            for (var i = 0; i < 1000; i++)
                await response.OutputStream.WriteAsync(new byte[64 * 1024]);
        });
        await _scene.RefusesAsync(ImageFault.DigestMismatch, ImagePolicy.InsecureAcceptAnything, fake.Name);
    }

    [Fact]
    public async Task A_circle_of_redirects()
    {
        await using var fake = new FakeRegistry((request, response) =>
        {
            response.Redirect(request.Url!.ToString());
            return Task.CompletedTask;
        });
        var error = await _scene.RefusesAsync(ImageFault.Unreachable, ImagePolicy.InsecureAcceptAnything, fake.Name);
        Assert.Contains("redirects", error.What, StringComparison.Ordinal);
        Assert.InRange(fake.Requests.Count, 1, 10);
    }

    [Fact]
    public async Task Credentials_stay_with_the_registry_they_are_for()
    {
        await using var other = new FakeRegistry((_, response) => WriteAsync(response, "application/octet-stream", "x"));
        await using var fake = new FakeRegistry((request, response) =>
        {
            if (request.Headers["Authorization"] is null)
            {
                response.StatusCode = 401;
                response.AddHeader("WWW-Authenticate", "Basic realm=\"x\"");
            }
            else if (request.HttpMethod == "POST")
            {
                response.StatusCode = 202;
                response.AddHeader("Location", $"http://{other.Host}/upload");
            }
            else
            {
                response.Redirect($"http://{other.Host}/elsewhere");
            }

            return Task.CompletedTask;
        });
        var auth = Convert.ToBase64String("me:secret"u8);
        var options = ImageScene.Options with
        {
            Credentials = RegistryCredentials.Parse(Encoding.UTF8.GetBytes($$$$"""{"auths":{"{{{{fake.Host}}}}":{"auth":"{{{{auth}}}}"}}}"""), "test"),
        };
        await using var image = (RegistryImage)ImageLocation.Parse(fake.Name).OpenSource(options);
        await using (var blob = await image.OpenBlobAsync(new("x", Digest.Sha256("x"u8), 1), default))
            Assert.Equal(1, await blob.ReadAsync(new byte[10]));
        await Assert.ThrowsAsync<ImageException>(() => image.PutBlobAsync(new MemoryStream([1]), default).AsTask());

        Assert.Contains(fake.Requests, request => request.Authorization == $"Basic {auth}");
        Assert.Equal(2, other.Requests.Count(request => request.Path is "/elsewhere" or "/upload"));
        Assert.All(other.Requests, request => Assert.Null(request.Authorization));
    }

    [Fact]
    public async Task Waits_as_long_as_it_is_told_and_tries_again()
    {
        var refused = 0;
        await using var fake = new FakeRegistry((_, response) =>
        {
            if (refused++ > 1)
                return WriteAsync(response, MediaTypes.OciManifest, Manifest());
            response.StatusCode = refused == 1 ? 429 : 503;
            response.AddHeader("Retry-After", refused == 1 ? "0" : DateTimeOffset.UnixEpoch.ToString("r", System.Globalization.CultureInfo.InvariantCulture));
            return Task.CompletedTask;
        });
        await using var image = ImageLocation.Parse(fake.Name).OpenSource(ImageScene.Options with { FirstDelay = TimeSpan.FromHours(1) });
        await image.GetManifestAsync(null, default).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(3, fake.Requests.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Referrers_come_from_the_API_or_from_the_tag(bool hasApi)
    {
        var subject = Digest.Sha256("subject"u8);
        await using var fake = new FakeRegistry((request, response) =>
        {
            var (path, wanted) = (request.Url!.AbsolutePath, hasApi ? $"/referrers/{subject}" : $"/manifests/sha256-{subject.Hex}");
            if (!path.EndsWith(wanted, StringComparison.Ordinal))
            {
                response.StatusCode = 404;
                return Task.CompletedTask;
            }

            var second = request.QueryString["page"] == "2";
            if (hasApi && !second)
                response.AddHeader("Link", $"<{path}?page=2>; rel=\"next\"");
            return WriteAsync(response, MediaTypes.OciIndex, Index(second ? ["sbom"] : ["signature", "sbom"]));
        });
        await using var image = (RegistryImage)ImageLocation.Parse(fake.Name).OpenSource(ImageScene.Options);

        Assert.Equal(hasApi ? 3 : 2, (await image.GetReferrersAsync(subject, null, default)).Count);
        var signature = Assert.Single(await image.GetReferrersAsync(subject, "signature", default));
        Assert.Equal("signature", signature.ArtifactType);
    }

    [Fact]
    public async Task Referrers_of_an_image_without_any_are_none()
    {
        await _scene.PushAsync();
        await using var image = _scene.OpenRegistry();
        Assert.Empty(await image.GetReferrersAsync((await image.GetManifestAsync(null, default)).Digest, null, default));
    }

    [Fact]
    public async Task A_mirror_is_asked_first_and_the_policy_sees_the_name_that_was_given()
    {
        await _scene.PushAsync();
        await _scene.SignAsync();
        var repository = _scene.Name[(_scene.Name.IndexOf('/', StringComparison.Ordinal) + 1).._scene.Name.LastIndexOf(':')];
        await using var dead = new FakeRegistry((_, response) =>
        {
            response.StatusCode = 404;
            return Task.CompletedTask;
        });
        var config = RegistriesConfig.Parse($$"""
            [[registry]]
            prefix = "images.example"
            location = "127.0.0.1:1/nowhere"
            [[registry.mirror]]
            location = "{{dead.Host}}"
            insecure = true
            [[registry.mirror]]
            location = "{{fixture.Registry.Host}}"
            insecure = true
            """, "test");
        var options = new RegistryOptions { Registries = config };
        await using var image = (RegistryImage)ImageLocation.Parse($"docker://images.example/{repository}:1").OpenSource(options);
        var manifest = ImageManifest.Parse(await image.GetManifestAsync(null, default), "test");
        await image.ReadBlobAsync(manifest.Config, ImageConfig.LargestConfig, default);

        Assert.Equal($"images.example/{repository}:1", image.Where);
        Assert.NotEmpty(dead.Requests);

        // Signed for its name in the registry, not for the one that is asked for here.
        var decision = await new PolicyEvaluator(ImageScene.RequireSignature(), _scene).EvaluateAsync(
            ImageLocation.Parse($"docker://images.example/{repository}:1"), image, [manifest.Digest], default);
        Assert.False(decision.Accepted);
    }

    [Fact]
    public async Task A_blob_of_another_repository_is_mounted()
    {
        await _scene.PushAsync();
        await using var from = _scene.OpenRegistry();
        await using var to = (RegistryImage)ImageLocation.Parse($"docker://{fixture.Registry.Host}/mounted/{Guid.NewGuid():N}:1").OpenSource(ImageScene.Options);
        var layer = ImageManifest.Parse(await from.GetManifestAsync(null, default), "test").Layers[0];

        Assert.False(await to.HasBlobAsync(layer.Digest, default));
        Assert.True(await to.TryMountAsync(layer, from, default));
        Assert.True(await to.HasBlobAsync(layer.Digest, default));
        Assert.False(await to.TryMountAsync(layer with { Digest = Digest.Sha256("no such blob"u8) }, from, default));
    }

    [Fact]
    public async Task A_blob_of_several_chunks_arrives_whole()
    {
        var content = System.Security.Cryptography.RandomNumberGenerator.GetBytes((20 << 20) + 3);
        await using var image = _scene.OpenRegistry();
        var written = await image.PutBlobAsync(new MemoryStream(content), default);

        Assert.Equal(new(Digest.Sha256(content), content.Length), written);
        Assert.Equal(content, await image.ReadBlobAsync(new("x", written.Digest, written.Size), content.Length, default));
    }

    public void Dispose() => _scene.Dispose();

    private static string Index(string[] types) => new JsonObject
    {
        ["schemaVersion"] = 2,
        ["mediaType"] = MediaTypes.OciIndex,
        ["manifests"] = new JsonArray([.. types.Select(type => (JsonNode)new JsonObject
        {
            ["mediaType"] = MediaTypes.OciManifest, ["digest"] = Digest.Sha256(Encoding.UTF8.GetBytes(type)).ToString(), ["size"] = 1, ["artifactType"] = type,
        })]),
    }.ToJsonString();

    private static string Manifest() => new JsonObject
    {
        ["schemaVersion"] = 2,
        ["mediaType"] = MediaTypes.OciManifest,
        ["config"] = new JsonObject { ["mediaType"] = MediaTypes.OciConfig, ["digest"] = Digest.Sha256("config"u8).ToString(), ["size"] = 100 },
        ["layers"] = new JsonArray(),
    }.ToJsonString();

    private static async Task WriteAsync(HttpListenerResponse response, string type, string content)
    {
        response.ContentType = type;
        await response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(content));
    }
}
