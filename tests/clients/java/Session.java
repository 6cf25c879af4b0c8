import fasti.ApiClient;
import fasti.ApiException;
import fasti.api.AccountsApi;
import fasti.api.CalendarApi;
import fasti.api.EventsApi;
import fasti.api.HistoryApi;
import fasti.api.SharingApi;
import fasti.model.Answer;
import fasti.model.BusyUser;
import fasti.model.Event;
import fasti.model.EventInput;
import fasti.model.EventPatch;
import fasti.model.FieldChange;
import fasti.model.Grantee;
import fasti.model.RecurrencePatternInput;
import fasti.model.Registration;
import fasti.model.Share;
import fasti.model.SignedIn;
import fasti.model.Version;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * A whole session with the client that openapi-generator makes: it must compile as it stands, every
 * step must succeed, and nothing that no step changes may be lost.
 */
public class Session {
    private static final OffsetDateTime START = OffsetDateTime.parse("2027-03-01T09:00:00Z");
    private static String url;
    private static int steps = 0;

    private static void same(String step, Object is, Object expected) {
        steps++;
        if (!Objects.equals(is, expected)) {
            throw new IllegalStateException(step + ": " + is + " is not " + expected);
        }
    }

    private static class Person {
        final ApiClient client = new ApiClient();
        final Long id;

        Person(String name) throws ApiException {
            client.setBasePath(url);
            Registration body = new Registration()
                    .username(name)
                    .email(name + "@example.org")
                    .password("four plain words, 1");
            SignedIn signedIn = new AccountsApi(client).register(body).execute();
            client.setBearerToken(signedIn.getAccessToken());
            id = signedIn.getUser().getId();
        }
    }

    private static List<Object> kept(Event event) {
        return Arrays.asList(
                event.getTitle(),
                event.getTimezone(),
                event.getStatus().getValue(),
                event.getAllDay(),
                event.getIsRecurring(),
                event.getRecurrencePattern().getRrule());
    }

    public static void main(String[] arguments) throws ApiException {
        url = arguments[0];
        Person amira = new Person("amira-java");
        Person bela = new Person("bela-java");
        EventsApi events = new EventsApi(amira.client);
        HistoryApi history = new HistoryApi(amira.client);
        EventInput body = new EventInput()
                .title("Stand-up")
                .startTime(START)
                .endTime(START.plusMinutes(15))
                .timezone("Europe/Zurich")
                .status(EventInput.StatusEnum.TENTATIVE)
                .recurrencePattern(new RecurrencePatternInput()
                        .freq("weekly")
                        .byDay(List.of("MO", "WE"))
                        .count(10L));
        List<Object> expected = Arrays.asList("Stand-up", "Europe/Zurich", "tentative", false, true,
                "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10");

        Event made = events.createEvent(body).idempotencyKey("one-key-for-one-series").execute();
        Event again = events.createEvent(body).idempotencyKey("one-key-for-one-series").execute();
        Long id = made.getId();
        same("one event for one key", again.getId(), id);
        same("as it was asked for", kept(made), expected);
        Event patched = events.updateEvent(id, new EventPatch().location("Hall")).execute();
        same("the place", patched.getLocation(), "Hall");
        same("nothing lost by the patch", kept(patched), expected);
        Event put = events.replaceEvent(id, new EventPatch().location("Attic")).execute();
        same("nothing lost by the put", kept(put), expected);
        List<Event> listed = events.listEvents().title("Stand").execute().getItems();
        same("listed", listed.stream().map(Session::kept).collect(Collectors.toList()),
                List.of(expected));

        Share share = new Share().addUsersItem(
                new Grantee().userId(bela.id).role(Grantee.RoleEnum.EDITOR));
        new SharingApi(amira.client).shareEvent(id, share).execute();
        EventsApi others = new EventsApi(bela.client);
        others.getEvent(id).execute();
        // From then on she is known, and may ask when the other is busy.
        new SharingApi(bela.client)
                .answerEvent(id, new Answer().answer(Answer.AnswerEnum.YES))
                .execute();
        Event renamed = others.updateEvent(id, new EventPatch().title("Daily"))
                .ifMatch("\"" + put.getVersionNumber() + "\"")
                .execute();
        same("nothing lost by the other", kept(renamed).subList(1, 6), expected.subList(1, 6));

        List<Version> versions = history.listVersions(id).execute().getItems();
        same("versions",
                versions.stream().map(Version::getVersionNumber).collect(Collectors.toList()),
                List.of(4L, 3L, 2L, 1L));
        same("what changed", versions.get(0).getChangedFields(), List.of("title"));
        List<FieldChange> changes = history.diffVersions(id, 1L, 4L).execute().getChanges();
        same("differences",
                changes.stream().map(FieldChange::getField).sorted().collect(Collectors.toList()),
                List.of("location", "title"));
        Event back = history.rollBackEvent(id, 1L).execute();
        same("as it was", kept(back), expected);
        same("nowhere", back.getLocation(), null);
        same("old and new",
                history.listChangelog(id).execute().get(1).getChanges().get("location").getNew(),
                "Hall");

        List<BusyUser> busy = new CalendarApi(amira.client).getFreeBusy()
                .userIds(List.of(amira.id, bela.id))
                .from(START)
                .to(START.plusDays(1))
                .execute()
                .getUsers();
        same("two people",
                busy.stream().map(BusyUser::getUserId).collect(Collectors.toList()),
                List.of(amira.id, bela.id));
        events.deleteEvent(id).execute();
        events.restoreEvent(id).execute();
        System.out.println(steps + " comparisons");
    }
}
