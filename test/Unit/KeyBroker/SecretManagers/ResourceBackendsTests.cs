using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.KeyBroker.Plugins;
using Nacre.KeyBroker.Plugins.SecretManagers;

namespace Nacre.UnitTests.KeyBroker.SecretManagers;

[Trait("Group", "TrustSecretManagers")]
public sealed class ResourceBackendsTests : IAsyncDisposable
{
    private const string Vault = "storage_backend_type = \"Vault\"\nvault_url = \"https://vault.example\"\ntoken = \"t\"\n";
    private readonly BackendScene _scene = new();

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Fact]
    public void The_longest_path_decides_segment_by_segment()
    {
        var backends = _scene.OpenAll(
            $"[[plugins]]\nname = \"resource\"\n{Vault}path = \"db\"\n"
            + "[[plugins]]\nname = \"resource\"\npath = \"db/own/\"\n"
            + $"[[plugins]]\nname = \"resource\"\n{Vault}path = \"db/own/one\"\n");

        Assert.NotNull(Find("db/key/1"));
        Assert.Null(Find("db/own/2"));
        Assert.NotNull(Find("db/own/one"));
        Assert.Null(Find("db2/key/1"));
        Assert.NotSame(Find("db/key/1"), Find("db/own/one"));

        IResourceBackend? Find(string path) => backends.For(ResourceUri.Parse($"kbs:///{path}"));
    }

    [Fact]
    public void Without_settings_everything_is_in_the_store()
    {
        Assert.Null(_scene.OpenAll("").For(BackendScene.Key));
        Assert.Null(_scene.OpenAll("[[plugins]]\nname = \"resource\"\nstorage_backend_type = \"kvstorage\"\n").For(BackendScene.Key));
    }

    [Theory]
    [InlineData("storage_backend_type = \"Vaults\"", "there are kvstorage, Vault")]
    [InlineData("type = \"Vault\"", "type")]
    [InlineData("path = \"a/b/c/d\"", "repository/type/tag")]
    [InlineData("path = \"../a\"", "repository/type/tag")]
    [InlineData("path = \"/\"", "repository/type/tag")]
    [InlineData(Vault + "vault_token = \"x\"", "vault_token")]
    [InlineData(Vault + "token_env = \"X\"", "only one")]
    [InlineData(Vault + "kv_version = 3", "kv_version")]
    [InlineData(Vault + "mount_path = \"../sys\"", "mount_path")]
    [InlineData(Vault + "name_template = \"{name}\"", "{repository}")]
    [InlineData(Vault + "name_template = \"a/../{tag}\"", "{repository}")]
    [InlineData(Vault + "name_template = \"a?b={tag}\"", "{repository}")]
    [InlineData(Vault + "verify_ssl = \"no\"", "true or false")]
    [InlineData(Vault + "ca_certs = [\"/nonexistent.pem\"]", "/nonexistent.pem")]
    [InlineData("storage_backend_type = \"Vault\"\nvault_url = \"http://vault.example\"\ntoken = \"t\"", "https://")]
    [InlineData("storage_backend_type = \"Vault\"\nvault_url = \"https://user@vault.example\"\ntoken = \"t\"", "https://")]
    [InlineData("storage_backend_type = \"Vault\"\nvault_url = \"https://vault.example\"", "token_file")]
    [InlineData("storage_backend_type = \"Vault\"\nvault_url = \"https://vault.example\"\nauth = \"ldap\"", "approle or kubernetes")]
    [InlineData("storage_backend_type = \"Vault\"\nvault_url = \"https://vault.example\"\nauth = \"approle\"\nrole_id = \"x\"", "secret_id_file")]
    [InlineData("storage_backend_type = \"Aws\"", "AWS_REGION")]
    [InlineData("storage_backend_type = \"Aws\"\nregion = \"eu.west/1\"", "region")]
    public void Settings_that_make_no_sense_are_refused(string keys, string what) =>
        Assert.Contains(what, Assert.Throws<MalformedDataException>(() => _scene.Open(keys)).Message, StringComparison.Ordinal);

    [Fact]
    public void Two_back_ends_for_one_path_and_two_plugins_of_one_name_are_refused()
    {
        Assert.Contains("twice", Assert.Throws<MalformedDataException>(
            () => _scene.OpenAll($"[[plugins]]\nname = \"resource\"\n{Vault}[[plugins]]\nname = \"resource\"\n{Vault}")).Message, StringComparison.Ordinal);
        Assert.Contains("twice", Assert.Throws<MalformedDataException>(
            () => PluginSettings.Parse("[[plugins]]\nname = \"sample\"\n[[plugins]]\nname = \"sample\"\n", "x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Escaped_names_differ_when_paths_differ()
    {
        var paths = from a in (string[])["a", "a-b", "A", "a_b", "a.b", "a-2d", "a--b"] from b in (string[])["b", "b-c", "-", "2db"] from c in (string[])["c", "c_", "-c"] select $"{a}/{b}/{c}";
        var names = paths.Select(path => NameTemplate.Escaped(
            ResourceUri.Parse($"kbs:///{path}"), '-', c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))).ToList();

        Assert.Equal(names.Count, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(names, name => Assert.Matches("^[0-9a-z-]+$", name));
        Assert.Equal("default--db-2dkey--1", NameTemplate.Escaped(BackendScene.Key, '-', char.IsAsciiLetterOrDigit));
    }
}
