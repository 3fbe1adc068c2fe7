"""A thousand wrong passwords, from wherever their sender says."""

import collections
import concurrent.futures

import httpx

#: What an account is allowed in five minutes: from one address, and from all.
FROM_ONE, FROM_ALL = 5, 50


def guess(visitor, url, email, count, header):
    """That many wrong passwords for an account, each under its own forged header: how often which status came."""
    visitor.sign_in("nobody@nowhere.example", "wrong-password")
    cookies = dict(visitor.http.cookies)

    def some(numbers):
        with httpx.Client(base_url=url, cookies=cookies, timeout=60) as http:
            return [
                http.post("/sign-in", data={"_xsrf": visitor.xsrf, "email": email, "password": f"guess {number}"},
                          headers=header(number)).status_code
                for number in numbers
            ]  # fmt: skip

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        lists = pool.map(some, [range(start, count, 4) for start in range(4)])
        return collections.Counter(status for statuses in lists for status in statuses)


def forged(number):
    address = f"203.0.{number // 250}.{number % 250}"
    return {"X-Forwarded-For": address, "X-Real-Ip": address, "Forwarded": f"for={address}"}


def test_a_thousand_guesses_under_forged_addresses(demo_stack, project, serve, new_browser, new_user):
    served, victim, neighbour = serve(demo_stack.home, project), new_user(), new_user()
    counted = guess(new_browser(served.url), served.url, victim, 1000, forged)
    assert counted == {401: FROM_ONE, 429: 1000 - FROM_ONE}
    assert new_browser(served.url).sign_in(neighbour).status_code == 303, "somebody else at the same address"
    assert new_browser(served.url).sign_in(victim).status_code == 429


def test_guesses_from_as_many_addresses(demo_stack, project, serve, new_browser, new_user):
    """Addresses that a trusted proxy vouches for: the account has a limit of its own, here and at Auth."""
    served = serve(demo_stack.home, project, "--trusted-proxy", "127.0.0.1")
    victim, neighbour = new_user(), new_user()
    counted = guess(new_browser(served.url), served.url, victim, 200, forged)
    assert counted[401] <= FROM_ALL
    assert counted[401] + counted[429] == 200
    other = new_browser(served.url)
    other.http.headers["X-Forwarded-For"] = "203.0.0.1"
    assert other.sign_in(neighbour).status_code == 303
