using System.Text;
using Nacre.Client;
using Nacre.KeyBroker;
using Nacre.Peers;

namespace Nacre.EndToEndTests.Trust.Plugins;

/// <summary>Secrets and a wrapping key in SoftHSM.</summary>
[Trait("Group", "TrustPkcs11")]
public sealed class Pkcs11PluginTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Settings => $"""
        name = "pkcs11"
        module = "{SoftHsm.Library}"
        token_label = "{SoftHsm.TokenLabel}"
        pin = "{SoftHsm.Pin}"
        rsa_mechanism = "RsaPkcsTest"
        lookup_label = "{SoftHsm.KeyLabel}"
        """;

    [Fact]
    public async Task A_secret_lives_on_the_token()
    {
        Assert.NotEmpty(SoftHsm.Shared.ConfigurationFile);
        var path = $"default/key/{Guid.NewGuid():N}";
        await using (var first = await PluginStage.StartAsync(Settings))
        {
            Assert.Equal(200, (await first.AdminAsync(HttpMethod.Post, $"pkcs11/resource/{path}", "one"u8.ToArray())).Status);
            Assert.Equal(200, (await first.AdminAsync(HttpMethod.Post, $"pkcs11/resource/{path}", "two"u8.ToArray())).Status);
        }

        Assert.Single(SoftHsm.Shared.ListObjects().Split('\n'), line => line.Contains(path, StringComparison.Ordinal));
        await using var stage = await PluginStage.StartAsync(Settings);
        using var guest = stage.Guest();
        using (var secret = await guest.GetAsync("pkcs11", $"resource/{path}", Cancel))
            Assert.Equal("two", Encoding.UTF8.GetString(secret.Reveal()));

        Assert.Equal(200, (await stage.AdminAsync(HttpMethod.Delete, $"pkcs11/resource/{path}")).Status);
        Assert.Equal(404, (await stage.AdminAsync(HttpMethod.Delete, $"pkcs11/resource/{path}")).Status);
        Assert.Equal(
            KbsFailure.NotFound, (await Assert.ThrowsAsync<KbsException>(() => guest.GetAsync("pkcs11", $"resource/{path}", Cancel))).Failure);
    }

    [Fact]
    public async Task What_the_administrator_wraps_an_attested_guest_has_unwrapped()
    {
        Assert.NotEmpty(SoftHsm.Shared.ConfigurationFile);
        await using var stage = await PluginStage.StartAsync(Settings);
        var (status, wrapped) = await stage.AdminAsync(HttpMethod.Post, "pkcs11/wrap-key", "data key"u8.ToArray());
        Assert.Equal((200, 256), (status, wrapped.Length));
        using var guest = stage.Guest();

        Assert.Equal("data key"u8.ToArray(), await stage.GuestAsync(guest, HttpMethod.Get, "pkcs11/wrap-key", wrapped));

        wrapped[9] ^= 1;
        var broken = await Assert.ThrowsAsync<KbsException>(() => stage.GuestAsync(guest, HttpMethod.Get, "pkcs11/wrap-key", wrapped));
        var short1 = await Assert.ThrowsAsync<KbsException>(() => stage.GuestAsync(guest, HttpMethod.Get, "pkcs11/wrap-key", [1, 2, 3]));
        Assert.Equal((System.Net.HttpStatusCode.BadRequest, broken.Detail), (broken.Status!.Value, short1.Detail));
        Assert.Equal(400, (await stage.AdminAsync(HttpMethod.Post, "pkcs11/wrap-key", new byte[300])).Status);
    }

    [Fact]
    public async Task A_guest_that_policy_denies_gets_nothing_unwrapped()
    {
        Assert.NotEmpty(SoftHsm.Shared.ConfigurationFile);
        await using var stage = await PluginStage.StartAsync(Settings);
        var (_, wrapped) = await stage.AdminAsync(HttpMethod.Post, "pkcs11/wrap-key", "data key"u8.ToArray());
        await stage.Trust.Admin.SetPolicyAsync(
            PolicyKind.Resource, null, "package policy\n\ndefault allow := false\n\nallow if data.plugin == \"resource\"\n", Cancel);
        using var guest = stage.Guest();

        var refusal = await Assert.ThrowsAsync<KbsException>(() => stage.GuestAsync(guest, HttpMethod.Get, "pkcs11/wrap-key", wrapped));
        Assert.Equal(KbsFailure.Denied, refusal.Failure);
        Assert.Equal(401, (await stage.AdminAsync(HttpMethod.Get, "pkcs11/wrap-key", wrapped)).Status);
    }

    [Theory]
    [InlineData("pin = \"98765432\"", "pin_file = \"/nowhere\"", "cannot be read")]
    [InlineData("token_label = \"nacre test\"", "token_label = \"another\"", "0 tokens")]
    [InlineData("token_label = \"nacre test\"", "slot_index = 99", "there is no slot 99")]
    [InlineData("lookup_label = \"wrapping key\"", "lookup_label = \"absent\"", "0 objects of class PublicKey")]
    [InlineData("RsaPkcsTest", "RsaPkcsOaep", "CKR_")] // SoftHSM has SHA-1 alone
    [InlineData("RsaPkcsTest", "RsaPkcs", "'RsaPkcs' is not")]
    [InlineData("libsofthsm2.so", "absent.so", "no library")]
    public async Task A_token_that_cannot_be_used_as_set_stops_the_start(string setting, string other, string problem)
    {
        Assert.NotEmpty(SoftHsm.Shared.ConfigurationFile);
        var refusal = await Assert.ThrowsAsync<TrustServerException>(
            async () => await (await PluginStage.StartAsync(Settings.Replace(setting, other, StringComparison.Ordinal))).DisposeAsync());

        Assert.Contains(problem, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(SoftHsm.Pin, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_pin_stops_the_start_without_saying_it()
    {
        // In a process of its own: a token that is logged in asks its process for no PIN.
        using var folder = new PluginFile(Settings.Replace(SoftHsm.Pin, "11112222", StringComparison.Ordinal));
        await using var server = await ServeProcess.StartAsync(
            new Dictionary<string, string?> { ["SOFTHSM2_CONF"] = SoftHsm.Shared.ConfigurationFile }, folder.Arguments);
        var (exitCode, error) = await server.EndAsync();

        Assert.Equal(1, exitCode);
        Assert.Contains("CKR_PIN_INCORRECT", error, StringComparison.Ordinal);
        Assert.DoesNotContain("11112222", error, StringComparison.Ordinal);
    }
}
