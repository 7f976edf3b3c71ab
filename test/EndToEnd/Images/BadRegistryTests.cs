using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Images;
using Nacre.Images.Oci;
using Nacre.Images.Pull;
using Nacre.UnitTests.Images;

namespace Nacre.EndToEndTests.Images;

/// <summary>Registries that lie, never end or send elsewhere, and manifests that are several things at once.</summary>
[Trait("Group", "ImagesBadInput")]
public sealed class BadRegistryTests : IAsyncLifetime
{
    private BadImageStage? _stage;

    private BadImageStage Stage => _stage!;

    private static HandmadeImage Image => HandmadeImage.Of(new TarBytes().File("a", "first"), new TarBytes().File("b", "second"));

    public async ValueTask InitializeAsync() => _stage = await BadImageStage.CreateAsync();

    [Theory]
    [InlineData(-1, "is longer than the")]
    [InlineData(1, "the answer ended after")]
    [InlineData(1L << 40, "the answer ended after")]
    public async Task A_size_that_is_a_lie(long by, string what)
    {
        var image = Image;
        image.Layer(1)["size"] = image.Layer(1)["size"]!.GetValue<int>() + by;
        await Stage.RefusesAsync(image, by < 0 ? ImageFault.DigestMismatch : ImageFault.Unreachable, what);
    }

    [Fact]
    public async Task A_size_below_nothing()
    {
        var image = Image;
        image.Layer(1)["size"] = -1;
        await Stage.RefusesAsync(image, ImageFault.Malformed, "'size' is -1", "layer 2");
    }

    [Fact]
    public async Task Other_bytes_than_the_digest_says()
    {
        var image = Image;
        var (first, second) = (image.Layer(0), image.Layer(1));
        await Stage.RefusesAsync(image, ImageFault.DigestMismatch, $"expected {second["digest"]}, found {first["digest"]}", "layer 2 of 2", lie: AnswerAsync);

        async Task<bool> AnswerAsync(string path, HttpListenerResponse response)
        {
            if (!path.EndsWith((string)second["digest"]!, StringComparison.Ordinal))
                return false;
            await response.OutputStream.WriteAsync(image.Blob(first));
            return true;
        }
    }

    [Fact]
    public async Task Another_manifest_than_the_index_names()
    {
        var image = Image;
        await Stage.RefusesAsync(
            new HandmadeImage { Platforms = [new("linux", new PullOptions().Platform.Architecture, null)] }.Add(new TarBytes().File("a").ToArray()),
            ImageFault.DigestMismatch, "manifest digest: expected sha256:", lie: AnswerAsync);

        async Task<bool> AnswerAsync(string path, HttpListenerResponse response)
        {
            if (!path.Contains("/manifests/sha256:", StringComparison.Ordinal))
                return false;
            await WriteAsync(response, MediaTypes.OciManifest, Encoding.UTF8.GetBytes(image.Manifest.ToJsonString()));
            return true;
        }
    }

    [Theory]
    [InlineData("manifests", ImageFault.TooLarge, "an answer longer than")]
    [InlineData("config", ImageFault.DigestMismatch, "is longer than the")]
    [InlineData("layer", ImageFault.DigestMismatch, "is longer than the")]
    public async Task An_answer_that_never_ends(string part, ImageFault fault, string what)
    {
        var image = Image;
        await Stage.RefusesAsync(image, fault, what, lie: async (path, response) =>
        {
            if (!IsPart(image, part, path))
                return false;
            response.SendChunked = true;
            if (part == "manifests")
                response.ContentType = MediaTypes.OciManifest;
            while (true)
                await response.OutputStream.WriteAsync(new byte[64 * 1024]);
        });
    }

    [Theory]
    [InlineData("manifests")]
    [InlineData("config")]
    [InlineData("layer")]
    public async Task Redirects_in_a_circle(string part)
    {
        var (image, asked) = (Image, 0);
        await Stage.RefusesAsync(image, ImageFault.Unreachable, "redirects", lie: (path, response) =>
        {
            if (!IsPart(image, part, path))
                return Task.FromResult(false);
            asked++;
            response.Redirect(path);
            return Task.FromResult(true);
        });
        Assert.InRange(asked, 1, 10);
    }

    [Theory]
    [InlineData("manifests")]
    [InlineData("config")]
    [InlineData("layer")]
    public async Task A_web_page_in_the_place_of_data(string part)
    {
        var image = Image;
        var error = await Stage.RefusesAsync(image, ImageFault.Malformed, "the answer is an HTML page", lie: async (path, response) =>
        {
            if (!IsPart(image, part, path))
                return false;
            await WriteAsync(response, "text/html; charset=utf-8", "<!doctype html><title>Sign in</title>"u8.ToArray());
            return true;
        });
        Assert.Contains("a proxy's login page", error.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v3", "amd64", "v1", false)]
    [InlineData("v3", "amd64", null, false)]
    [InlineData("v1", "amd64", "v3", true)]
    [InlineData(null, "amd64", "v2", true)]
    [InlineData("v7", "arm", "v6", false)]
    [InlineData("v6", "arm", null, true)]
    [InlineData("v8", "arm64", null, true)]
    [InlineData("v9.strange", "arm64", null, false)]
    public async Task A_list_whose_variant_differs(string? variant, string architecture, string? machine, bool runs)
    {
        var image = new HandmadeImage { Platforms = [new("linux", architecture, variant)] }.Add(new TarBytes().File("a").ToArray());
        var options = new PullOptions { Platform = new("linux", architecture, machine) };
        if (runs)
            await Stage.AcceptsAsync(image, options);
        else
            await Stage.RefusesAsync(image, ImageFault.NotFound, $"there is no image for {options.Platform}, only for linux/{architecture}/{variant}", options: options);
    }

    [Fact]
    public async Task Manifests_that_are_several_things()
    {
        await RefusesAsync(image => image.Manifest["manifests"] = new JsonArray(), ImageFault.Malformed, "both an index and a manifest");
        await RefusesAsync(image => image.Manifest["mediaType"] = MediaTypes.OciConfig, ImageFault.Unsupported, $"a manifest of type {MediaTypes.OciConfig}");
        await RefusesAsync(image => image.Manifest["schemaVersion"] = 1, ImageFault.Malformed, "'schemaVersion' must be 2");
        await RefusesAsync(image => image.Manifest["config"] = image.Layer(0).DeepClone(), ImageFault.Unsupported, $"a configuration of type {MediaTypes.OciLayer}");
        await RefusesAsync(image => image.Layer(0)["mediaType"] = MediaTypes.OciConfig, ImageFault.Unsupported, $"a layer of type {MediaTypes.OciConfig}");
        await RefusesAsync(image => image.Manifest["config"] = image.Put(Encoding.UTF8.GetBytes(image.Manifest.ToJsonString()), MediaTypes.OciConfig), ImageFault.Malformed, "'rootfs' is missing");
        await RefusesAsync(image => image.Manifest["layers"] = new JsonObject(), ImageFault.Malformed, "'layers' must be a list");
        await RefusesAsync(image => image.Config["os"] = "windows", ImageFault.Unsupported, "an image for 'windows'");
        await RefusesAsync(image => image.Config["rootfs"]!["diff_ids"]!.AsArray().RemoveAt(1), ImageFault.Malformed, "the configuration names 1 layers, the manifest 2");
        await Stage.RefusesAsync(Image, ImageFault.Malformed, "the registry says", lie: async (path, response) =>
        {
            if (!path.EndsWith("/manifests/1", StringComparison.Ordinal))
                return false;
            await WriteAsync(response, MediaTypes.OciIndex, Encoding.UTF8.GetBytes(Image.Manifest.ToJsonString()));
            return true;
        });
    }

    public async ValueTask DisposeAsync() => await Stage.DisposeAsync();

    private async Task RefusesAsync(Action<HandmadeImage> change, ImageFault fault, string what)
    {
        var image = Image;
        change(image);
        await Stage.RefusesAsync(image, fault, what);
    }

    private static bool IsPart(HandmadeImage image, string part, string path) => part switch
    {
        "config" => path.EndsWith((string)image.Manifest["config"]!["digest"]!, StringComparison.Ordinal),
        "layer" => path.EndsWith((string)image.Layer(1)["digest"]!, StringComparison.Ordinal),
        _ => path.EndsWith("/manifests/1", StringComparison.Ordinal),
    };

    private static async Task WriteAsync(HttpListenerResponse response, string type, byte[] content)
    {
        response.ContentType = type;
        await response.OutputStream.WriteAsync(content);
    }
}
