using System.Text;
using Nacre.Images;
using Nacre.Images.Encryption;
using Nacre.Images.References;
using Nacre.Images.Registry;

namespace Nacre.UnitTests.Images;

/// <summary>Credential helpers and key providers that are programs.</summary>
[Trait("Group", "ImagesRegistries")]
public sealed class ExternalProgramsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nacre-programs-").FullName;

    [Theory]
    [InlineData("""read r; echo "{\"ServerURL\":\"$r\",\"Username\":\"me\",\"Secret\":\"of $r\"}" """, "me", "of example.com", null)]
    [InlineData("""echo '{"Username":"<token>","Secret":"refresh"}'""", "", "", "refresh")]
    public async Task A_credential_helper_answers(string script, string user, string password, string? token)
    {
        var name = await HelperAsync(script);
        var credentials = RegistryCredentials.Parse(Encoding.UTF8.GetBytes($$$"""{"auths":{"other.example":{}},"credHelpers":{"example.com":"{{{name}}}"}}"""), "test");

        var login = await credentials.FindAsync(ImageReference.Parse("example.com/app:1"), default);
        Assert.Equal(new Login(user, password, token), login);
        Assert.DoesNotContain(password.Length > 0 ? password : token!, login!.ToString(), StringComparison.Ordinal);
        Assert.Null(await credentials.FindAsync(ImageReference.Parse("other.example/app:1"), default));
    }

    [Fact]
    public async Task The_store_is_asked_last_and_may_have_nothing()
    {
        var name = await HelperAsync("echo 'credentials not found in native keychain'; exit 1");
        var auth = Convert.ToBase64String("a:b"u8);
        var credentials = RegistryCredentials.Parse(Encoding.UTF8.GetBytes($$$"""{"auths":{"a.example":{"auth":"{{{auth}}}"}},"credsStore":"{{{name}}}"}"""), "test");

        Assert.Equal(new Login("a", "b", null), await credentials.FindAsync(ImageReference.Parse("a.example/app:1"), default));
        Assert.Null(await credentials.FindAsync(ImageReference.Parse("b.example/app:1"), default));
    }

    [Theory]
    [InlineData("exit 3", ImageFault.Denied)]
    [InlineData("echo nonsense", ImageFault.Malformed)]
    [InlineData("head -c 3000000 /dev/zero", ImageFault.Malformed)]
    public async Task A_credential_helper_that_fails_is_an_error(string script, ImageFault fault)
    {
        var name = await HelperAsync(script);
        Assert.Equal(fault, (await Assert.ThrowsAsync<ImageException>(() => CredentialProgram.GetAsync(name, "a.example", default).AsTask())).Fault);
    }

    [Theory]
    [InlineData("missing", ImageFault.KeyUnavailable)]
    [InlineData("../../bin/sh", ImageFault.Malformed)]
    [InlineData("a b", ImageFault.Malformed)]
    [InlineData("", ImageFault.Malformed)]
    public async Task A_credential_helper_that_cannot_be_is_an_error(string name, ImageFault fault) =>
        Assert.Equal(fault, (await Assert.ThrowsAsync<ImageException>(() => CredentialProgram.GetAsync(name, "a.example", default).AsTask())).Fault);

    [Fact]
    public async Task A_program_that_hangs_is_ended()
    {
        var error = await Assert.ThrowsAsync<ImageException>(() => ExternalProgram.AskAsync("sleep", ["60"], default, TimeSpan.FromMilliseconds(300), default).AsTask());
        Assert.Contains("no answer", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_provider_may_be_a_command()
    {
        // It gives back what it was asked to wrap, as the packet.
        const string script = """sed 's/.*"optsdata":"\([^"]*\)".*"keyunwrapparams".*/{"keywrapresults":{"annotation":"\1"}}/'""";
        var recipient = new KeyProviderRecipient("mine", "param", Config(script).Get("mine"));

        Assert.Equal("secret"u8.ToArray(), await recipient.WrapAsync("secret"u8.ToArray(), default));
        Assert.Equal("org.opencontainers.image.enc.keys.provider.mine", recipient.Annotation);
    }

    [Theory]
    [InlineData("echo 'no key today' >&2; exit 1", "no key today")]
    [InlineData("true", "JSON")]
    public async Task A_command_that_fails_is_an_error(string script, string says)
    {
        var recipient = new KeyProviderRecipient("mine", "", Config(script).Get("mine"));
        var error = await Assert.ThrowsAsync<ImageException>(() => recipient.WrapAsync("secret"u8.ToArray(), default).AsTask());
        Assert.Contains(says, error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void The_configuration_knows_three_ways()
    {
        var config = KeyProviderConfig.Parse("""
            {"key-providers":{
              "a":{"cmd":{"path":"/x","args":["1"]},"grpc":"127.0.0.1:1"},
              "b":{"grpc":"http://127.0.0.1:50001","ttrpc":"unix:///s"},
              "c":{"ttrpc":"unix:///s"},
              "d":{"native":"attestation-agent"}}}
            """u8, "test");

        Assert.Equal("/x", config.Get("a").ToString());
        Assert.Equal("127.0.0.1:50001", config.Get("b").ToString());
        Assert.IsType<KeyProviderEndpoint.Ttrpc>(config.Get("c"));
        Assert.Throws<ImageException>(() => config.Get("d"));
        Assert.Throws<ImageException>(() => KeyProviderConfig.Parse("""{"key-providers":{"a":{"ttrpc":"127.0.0.1:1"}}}"""u8, "test"));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static KeyProviderConfig Config(string script) => KeyProviderConfig.Parse(Encoding.UTF8.GetBytes(new System.Text.Json.Nodes.JsonObject
    {
        ["key-providers"] = new System.Text.Json.Nodes.JsonObject
        {
            ["mine"] = new System.Text.Json.Nodes.JsonObject
            {
                ["cmd"] = new System.Text.Json.Nodes.JsonObject { ["path"] = "/bin/sh", ["args"] = new System.Text.Json.Nodes.JsonArray("-c", script) },
            },
        },
    }.ToJsonString()), "test");

    // Found on the PATH, so its name is its own; other tests do not mind a longer PATH.
    private async Task<string> HelperAsync(string script)
    {
        var name = Path.GetFileName(_directory);
        var file = Path.Combine(_directory, $"docker-credential-{name}");
        await File.WriteAllTextAsync(file, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Environment.SetEnvironmentVariable("PATH", $"{Environment.GetEnvironmentVariable("PATH")}:{_directory}");
        return name;
    }
}
