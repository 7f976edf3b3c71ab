using Nacre.Formats;
using Nacre.KeyBroker.Plugins;

namespace Nacre.UnitTests.KeyBroker.Plugins;

[Trait("Group", "TrustPlugins")]
public sealed class PluginSettingsTests
{
    [Fact]
    public void Tables_are_read_in_their_order()
    {
        var all = PluginSettings.Parse("[[plugins]]\nname = \"b\"\nkey = 1\n\n[[plugins]]\nname = \"a\"\n", "file");

        Assert.Equal(["b", "a"], all.Select(one => one.Name));
        Assert.Equal(1, all[0].Fields.Any("key").GetInt32());
        Assert.Empty(PluginSettings.Parse("# none\n", "file"));
    }

    [Theory]
    [InlineData("[[plugins]]\nname = \"a\"\n[[plugins]]\nname = \"a\"\n", "'a' is there twice")]
    [InlineData("[[plugins]]\nitem = \"a\"\n", "file plugins[0].name")]
    [InlineData("[[plugins]]\nname = 1\n", "must be a string")]
    [InlineData("[plugins]\nname = \"a\"\n", "must be an array")]
    [InlineData("plugin = 1\n", "is not a member that is known here")]
    [InlineData("plugins = [1]\n", "must be an object")]
    [InlineData("[[plugins]\n", "is missing")]
    public void Anything_else_is_refused_with_its_place(string toml, string problem) =>
        Assert.Contains(problem, Assert.Throws<MalformedDataException>(() => PluginSettings.Parse(toml, "file")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_secret_stands_in_the_file_in_another_file_or_in_the_environment()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "from a file\n");

            Assert.Equal("plain", Pin("pin = \"plain\""));
            Assert.Equal("from a file", Pin($"pin_file = \"{file}\""));
            Assert.Equal("from the environment", Pin("pin_env = \"HSM_PIN\""));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("", "one of pin, pin_file and pin_env")]
    [InlineData("pin = \"a\"\npin_env = \"HSM_PIN\"", "one of pin, pin_file and pin_env")]
    [InlineData("pin_env = \"ABSENT\"", "the variable 'ABSENT' is not set")]
    [InlineData("pin_file = \"/nowhere\"", "'/nowhere' cannot be read")]
    public void A_secret_that_is_missing_or_there_twice_is_refused(string line, string problem) =>
        Assert.Contains(problem, Assert.Throws<MalformedDataException>(() => Pin(line)).Message, StringComparison.Ordinal);

    private static string Pin(string line)
    {
        var settings = PluginSettings.Parse(
            $"[[plugins]]\nname = \"p\"\n{line}\n", "file", name => name == "HSM_PIN" ? "from the environment" : null)[0];
        using var secret = settings.Secret("pin");
        return System.Text.Encoding.UTF8.GetString(secret.Reveal());
    }
}
