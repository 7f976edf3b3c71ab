using System.CommandLine;

namespace Nacre.Cli;

/// <summary>The verbs that the launcher script carries out itself, because they build what is not part of this program. Here for the help.</summary>
internal static class LauncherCommands
{
    public static Command Test() => Create("test", "Run all tests, or one group: nacre test [--filter GROUP].");

    public static Command Bench() => Create("bench", "Measure: nacre bench NAME.");

    public static Command Fuzz() => Create("fuzz", "Put mutated inputs to the parsers: nacre fuzz rego|evidence|images|trust [--minutes N] [--seed N].");

    private static Command Create(string name, string description)
    {
        var command = new Command(name, description) { TreatUnmatchedTokensAsErrors = false };
        command.SetAction(_ =>
        {
            Console.Error.WriteLine($"nacre: error: '{name}' is run by the launcher in the root of the source tree");
            Console.Error.WriteLine($"nacre: hint: ./nacre {name}");
            return ExitCode.Local;
        });
        return command;
    }
}
