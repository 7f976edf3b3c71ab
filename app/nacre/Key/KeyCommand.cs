using System.CommandLine;

namespace Nacre.Cli.Key;

/// <summary><c>nacre key</c>: the keys that a store is encrypted under. Works on the store itself, while servers run on it.</summary>
internal static class KeyCommand
{
    public static Command Create() => new("key", "List and rotate the keys that a store is encrypted under, while servers run on it.")
    {
        KeyListCommand.Create(),
        KeyRotateCommand.CreateData(),
        KeyRotateCommand.CreateMaster(),
        KeyRewrapCommand.Create(),
    };
}
