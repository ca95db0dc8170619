namespace CarShare.LocalIdentity.Login;

/// <summary>The words of the login page.</summary>
sealed record Texts(
    string Language, string Title, string Intro, string Name, string Password, string Submit, string Hint, string Wrong,
    string Stale, string SignedIn)
{
    static readonly Texts English = new(
        "en", "Sign in", "Your car is a few steps away.", "Name", "Password", "Sign in",
        "This is the provider for development. alice and bob are customers, operator runs the company, and "
        + "any new name "
        + "becomes a customer. The password is the name.",
        "We don't know this name with this password. In development the password is the name itself.",
        "The page was open for too long. Please try once more.", "You are signed in.");

    static readonly Texts Korean = new(
        "ko", "로그인", "몇 걸음이면 차를 빌릴 수 있어요.", "이름", "비밀번호", "로그인",
        "개발용 로그인입니다. alice와 bob은 고객, operator는 운영자이고, 새 이름을 쓰면 고객이 됩니다. 비밀번호는 이름과 같습니다.",
        "이름과 비밀번호가 맞지 않습니다. 개발용에서는 비밀번호가 이름과 같습니다.",
        "페이지가 너무 오래 열려 있었습니다. 한 번 더 시도해 주세요.", "로그인되었습니다.");

    /// <summary>Korean where the client asked for it or the browser prefers it.</summary>
    public static Texts For(HttpRequest request)
    {
        var languages = request.GetTypedHeaders().AcceptLanguage.OrderByDescending(l => l.Quality ?? 1)
            .Select(l => l.Value.ToString());
        var chosen = languages.Select(l => l.Split('-')[0]).FirstOrDefault(l => l is "ko" or "en");
        return chosen == "ko" ? Korean : English;
    }
}
