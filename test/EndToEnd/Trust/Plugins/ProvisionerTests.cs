using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Client;

namespace Nacre.EndToEndTests.Trust.Plugins;

/// <summary>A disk key goes to the one machine that it was made for.</summary>
[Trait("Group", "TrustPlugins")]
public sealed class ProvisionerTests
{
    private const string Uuid = "78b1edaf-eba1-5733-85cc-baaa1810211c"; // upstream's example
    private const string Path = $"default/{Uuid}/root";
    private const string Binding = $"\"trustee.kbs.resource\" = \"kbs+provisioner:///{Path}\"";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_machine_gets_its_key_and_nobody_else()
    {
        await using var stage = await PluginStage.StartAsync("name = \"provisioner\"");
        var answer = await stage.AdminJsonAsync(HttpMethod.Post, "provisioner/provision", """{"vm_name":"vm1","namespace":"default"}""");
        Assert.Equal($$"""{"uuid":"{{Uuid}}","resource_path":"{{Path}}"}""", answer.ToJsonString());

        using var guest = stage.Guest(Binding);
        using var key = await guest.GetAsync("provisioner", Path, Cancel);
        Assert.Matches(
            "\\Aversion = \"0\\.1\\.0\"\n\n\\[data\\]\n\"io\\.cryptsetup\\.key\\.text\\.root\" = \"[A-Za-z0-9]{32}\"\n\\z",
            Encoding.UTF8.GetString(key.Reveal()));

        foreach (var line in (string?[])[null, "\"other\" = \"x\"", $"\"trustee.kbs.resource\" = \"kbs+provisioner:///{Path}/\"", "\"trustee.kbs.resource\" = \"\""])
        {
            using var other = stage.Guest(line);
            var refusal = await Assert.ThrowsAsync<KbsException>(() => other.GetAsync("provisioner", Path, Cancel));
            Assert.Equal(HttpStatusCode.Forbidden, refusal.Status);
            var attempt = await stage.Trust.Admin.GetAttemptAsync(refusal.Reference!, Cancel);
            Assert.Equal($"provisioner/{Path}", (string?)attempt["resource"]);
            Assert.Contains("trustee.kbs.resource", (string)attempt["reasons"]![0]!, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Callers_that_come_together_get_one_key_which_stays_until_it_is_deleted()
    {
        await using var stage = await PluginStage.StartAsync("name = \"provisioner\"\nkey_length = 48");
        using var guest = stage.Guest(Binding);
        await Task.WhenAll(Enumerable.Range(0, 24).Select(_ =>
            stage.AdminJsonAsync(HttpMethod.Post, "provisioner/provision", """{"vm_name":"vm1"}""")));
        var first = await stage.GuestAsync(guest, HttpMethod.Get, $"provisioner/{Path}");

        await stage.AdminJsonAsync(HttpMethod.Post, "provisioner/provision", """{"vm_name":"vm1"}""");
        Assert.Equal(first, await stage.GuestAsync(guest, HttpMethod.Get, $"provisioner/{Path}"));
        for (var i = 0; i < 2; i++)
        {
            var deleted = await stage.AdminJsonAsync(HttpMethod.Delete, $"provisioner/provision/{Uuid}");
            Assert.Equal("""{"status":"deleted"}""", deleted.ToJsonString());
        }

        Assert.Equal(
            KbsFailure.NotFound, (await Assert.ThrowsAsync<KbsException>(() => guest.GetAsync("provisioner", Path, Cancel))).Failure);
        await stage.AdminJsonAsync(HttpMethod.Post, "provisioner/provision", """{"vm_name":"vm1"}""");
        Assert.NotEqual(first, await stage.GuestAsync(guest, HttpMethod.Get, $"provisioner/{Path}"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"vm_name":""}""")]
    [InlineData("""{"vm_name":"b/vm1","namespace":"a"}""")]
    [InlineData("""{"vm_name":"vm1","namespace":"a/b"}""")]
    [InlineData("""{"vm_name":"vm1","key":"mine"}""")]
    [InlineData("""{"vm_name":1}""")]
    [InlineData("vm1")]
    public async Task What_names_no_machine_is_400(string body)
    {
        await using var stage = await PluginStage.StartAsync("name = \"provisioner\"");

        Assert.Equal(400, (await stage.AdminAsync(HttpMethod.Post, "provisioner/provision", Encoding.UTF8.GetBytes(body))).Status);
    }

    [Fact]
    public async Task Without_the_right_role_or_policy_nothing_is_made_or_given()
    {
        await using var stage = await PluginStage.StartAsync("name = \"provisioner\"");
        var viewer = (string)(await stage.Trust.Admin.CreateTokenAsync(new JsonObject { ["role"] = "viewer", ["seconds"] = 60 }, Cancel))["token"]!;
        var body = """{"vm_name":"vm1"}"""u8.ToArray();

        Assert.Equal(403, (await stage.AdminAsync(HttpMethod.Post, "provisioner/provision", body, viewer)).Status);
        Assert.Equal(401, (await stage.AdminAsync(HttpMethod.Post, "provisioner/provision", body, "x")).Status);
        Assert.Equal(401, (await stage.AdminAsync(HttpMethod.Get, $"provisioner/{Path}")).Status);
        Assert.Equal(400, (await stage.AdminAsync(HttpMethod.Delete, "provisioner/provision/vm1")).Status);

        await stage.AdminJsonAsync(HttpMethod.Post, "provisioner/provision", """{"vm_name":"vm1"}""");
        await stage.Trust.Admin.SetPolicyAsync(PolicyKind.Resource, "provisioner/default", "package policy\n\ndefault allow := false\n", Cancel);
        using var guest = stage.Guest(Binding);
        Assert.Equal(
            KbsFailure.Denied, (await Assert.ThrowsAsync<KbsException>(() => guest.GetAsync("provisioner", Path, Cancel))).Failure);
    }
}
