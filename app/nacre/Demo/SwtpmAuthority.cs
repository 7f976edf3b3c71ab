using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

namespace Nacre.Cli.Demo;

/// <summary>
/// A private authority that certifies the endorsement keys of software TPMs, as a maker of chips would: a root and an issuer in one
/// directory. swtpm's own tool makes the keys when the first TPM is set up.
/// </summary>
internal sealed class SwtpmAuthority
{
    private readonly string _directory;

    public SwtpmAuthority(string directory)
    {
        _directory = directory;
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>PEM of the self-signed root. There once a TPM was set up.</summary>
    public string RootFile => Path.Combine(_directory, "swtpm-localca-rootca-cert.pem");

    /// <summary>PEM of the issuer between the root and the endorsement keys.</summary>
    public string IssuerFile => Path.Combine(_directory, "issuercert.pem");

    /// <summary>Root and issuer in one PEM text, as a list of trusted authorities is configured.</summary>
    public string ReadPem() => File.ReadAllText(RootFile) + "\n" + File.ReadAllText(IssuerFile);

    /// <summary>Writes the configuration of swtpm_setup and of its certificate tool, and returns the path of the former.</summary>
    internal string WriteSetupConfiguration(string certificateTool)
    {
        var (setup, authority, options) =
            (Path.Combine(_directory, "setup.conf"), Path.Combine(_directory, "localca.conf"), Path.Combine(_directory, "localca.options"));

        File.WriteAllText(
            authority,
            $"statedir = {_directory}\nsigningkey = {_directory}/signkey.pem\nissuercert = {IssuerFile}\ncertserial = {_directory}/certserial\n");
        File.WriteAllText(options, "--platform-manufacturer Nacre\n--platform-version 1\n--platform-model demo\n");
        File.WriteAllText(
            setup,
            $"create_certs_tool = {certificateTool}\ncreate_certs_tool_config = {authority}\ncreate_certs_tool_options = {options}\n"
            + "active_pcr_banks = sha256\n");
        return setup;
    }
}
