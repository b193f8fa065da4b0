"""What a post on each topic says, whoever posts it.

A line may open with the tones of voice that would say it, by their first letters and a bar
(``pw|`` for playful and warm); a line without is for everyone.
"""

TOPICS = """
@launch
Meet {product}. {benefit}
{^product} is here. {benefit}
New [this week|today|this month]: {product}. {benefit}
Two years, {dozens} attempts, one result: {product}. {benefit}
You asked for it. {^product} is [finally here|back|on its way]. {benefit}
[First look at|Introducing|Say hello to] {product}. {benefit}
{benefit} {^product}, available [now|from {weekday}|from {nextmonth}].
{benefit} That's {product}[.|, in one sentence.|, out now.]
pw|We've been keeping a secret, and it's called {product}. {benefit}
pw|Big day here! {^product} [just landed|is out in the world] and we can't stop talking about it.
p|Stop scrolling. {^product}. That's it, that's the post.
p|us: we should tease it slowly\\nalso us: IT'S {product:upper}
p|{^product} has entered the chat. {benefit}
w|{first} and the {makers} have been working on this for so long. Please welcome {product}. {benefit}
w|Our {fans} told us what was missing. We listened: {product}. {benefit}
wf|{^few} things to know about {product}, number one being this: {benefit}
f|We are pleased to introduce {product}. {benefit}
f|{brand} today announced {product}, [available from {nextmonth}|now available in {city}|following a pilot in {city}]. {benefit}
f|After a successful pilot with {thousands} people, {product} is now available to everyone.
t|Shipped: {product}. {benefit}
t|{^product} is generally available. {benefit}
t|What's new in {month}: {product}, plus {dozens} fixes you asked for. {benefit}
t|We rebuilt it from scratch. {^product}: {benefit}
@hiring
We're hiring! [Our team in {city}|The team at {place}] is looking for {role}.
We're looking for {role}. [Could that be you?|Know someone?|Sound like you?]
Job alert in {city}: {role:bare}. [Full or part time.|Flexible hours.|Start in {nextmonth}.]
Are you {role}, or ready to become one? [We should talk.|We'd love to meet you.]
{dozens} open roles in {city}, from {role} to {role2}. [Come and meet us.|Apply by {weekday}.]
{first} joined us as {role} {few} years ago and now leads the team. [Your turn?|We're hiring again.]
"[Nobody laughs at a beginner's question here.|I came for the job and stayed for the people.|They paid for my training and then promoted me.]" {first}, {role:bare}, on working at {brand}. We're hiring.
Open day for job seekers at {place} this {weekday}, {clock}. Bring questions; a résumé is optional.
Our {season} internships are open. [Paid, mentored, real work.|{dozens} places, all paid.|No experience needed, curiosity is.]
Returning to work after a break? Our {city} program starts in {nextmonth}.
Welcome to the {dozens} apprentices who start with us today!
Nervous about your interview? {first} from our recruiting team answers [your questions|{few} common worries].
pw|Wanted: {role}. Must like {fans}, early deadlines and cake on Fridays.
p|Your group chat called. It said you'd make {role}. We agree.
p|Quit your job (kindly). Become {role}. Tell everyone.
w|There's an empty chair next to {first}. It has your name on it if you're {role}.
f|{brand} is recruiting {role} in {city}. [Applications close on {weekday}.|Competitive pay and full benefits.]
f|Proud to be named one of the best places to work for the {few} consecutive year. View our open positions.
f|We plan to create {hundreds} jobs in {city} by {nextyear}, starting with {role}.
t|Hiring: {role}. Small team, real ownership, salary range in the ad.
t|We're hiring {role}. Our interview has {few} steps and none of them is a puzzle.
@charity
Together we've funded {cause}. [Thank you.|Thank you to every one of you.|And we're not done.]
You rounded up, we matched it: {gift} for {cause}.
{dozens} of our {makers} spent {weekday} [painting|packing boxes|cooking|cleaning up] at the {city} [food bank|youth center|children's home|shelter].
This {month} we're raising money for {cause}. [Every little bit helps.|Here's how you can join in.]
{first} ran {few} marathons in {few} months to pay for {cause}. [We matched every mile.|What a hero.]
[This morning|Today|On {weekday}] we handed over {gift} to <mention> for {cause}.
For every order this {weekday}, we give $1 toward {cause}.
Our neighbors in {city} [lost so much in the floods|had a hard week]. We're sending {hundreds} care packages and {dozens} volunteers.
It takes a town: {hundreds} volunteers, {few} trucks and one very full community hall in {city}.
Our {makers} get {few} paid days a year to volunteer. {first} spent them teaching kids to swim.
Thank you <mention> for everything you do for families in {city}. We're proud to stand beside you with {gift}.
One jar on one counter in {city}. {^years} years later it has paid for {cause}.
Kids in {city} went back to school this week with {hundreds} backpacks packed by our {makers}.
pw|You did it!!! {gift} for {cause}. We're a mess over here.
p|{man} said he'd shave his beard if we raised {gift}. Goodbye, beard.
w|Kindness is contagious. Today it paid for {cause}.
w|The doorbell rang at the {city} shelter and there you were, with {hundreds} parcels. Thank you for your generous hearts.
f|The {brand} Foundation has awarded {gift} in grants to fund {cause}.
f|We have extended our partnership with <mention> for another three years in support of {cause}.
f|In response to the {city} appeal, our employees have donated {gift}, matched in full.
t|We match employee donations 1:1. Last year that meant {cause}.
@climate
{green}
{green} [One step of many.|It's a start.|There's more to do.|Small change, big difference.]
[Good news for the planet:|Every day is Earth Day:|On the road to net zero:] {green}
Climate change won't wait, so neither will we. {green}
{green} Our {year} sustainability report has the details, including what we got wrong.
We promised to halve our emissions by 2030. Where we are: minus {pct}%. {green}
"The greenest thing is the one you don't throw away," says {first} {surname}, who runs sustainability at {brand}. {green}
g|{^goods} have a footprint. Here's ours, in numbers, and our plan to cut it by {pct}% by {nextyear}.
{first} and the {makers} asked one question: can we waste less? {green}
Our carbon footprint shrank by {pct}% last year. [Here's what worked.|Most of it came from one change.]
{dozens} of us planted {thousands} trees outside {city} on {weekday}. Muddy, happy, back next year.
A hotter planet touches everything we do. {green}
[What does net zero mean for you?|How do we cut emissions without cutting corners?] {first} explains in two minutes.
pw|Small flex: {green}
p|Reduce. Reuse. Brag about it on the internet. {green}
w|For our kids, and theirs. {green}
w|You asked what we're doing about the climate. Fair question. {green}
f|{brand} has joined {hundreds} companies in calling for stronger climate targets ahead of the summit.
f|Our science-based targets were approved today: {most}% lower emissions by 2035, net zero by 2045.
f|Today we publish our climate transition plan. {green}
t|Data: emissions per order fell {pct}% year on year. Method and caveats in the report. {green}
@sale
{off}% off {goods} [this weekend only|until {weekday}|today only|while stocks last].
Up to {off}% off {goods}. [Ends {weekday}.|Ends at midnight.|Online and in store.]
Our {season} sale starts {weekday} at {clock}. [{^goods}, up to {off}% off.|Set an alarm.]
Last chance: {off}% off {goods} ends tonight.
Save {off}% on {goods} with code {code}.
Our biggest offer of the year on {goods}: {off}% off. [No code needed.|Members get in first.]
[Payday treat:|Early birds:|Weekend plans:] {off}% off {goods} before {clock}.
Prices down on {goods}, and they're staying down [until {nextmonth}|all {season}].
pw|Psst. {off}% off {goods}. You didn't hear it from us. (Code {code}.)
p|Your cart called. It's lonely. {off}% off {goods} till {weekday}.
pg|We accidentally made too many {goods}. Kidding, it's a sale. {off}% off.
w|A little thank-you for our {fans}: {off}% off {goods} this {weekday}.
w|Because {month} is long: {off}% off {goods} for everyone.
f|For a limited time, customers benefit from reduced pricing on {goods}. Offer ends on {weekday}.
f|New customers in {city} receive {off}% off {goods} until the end of {month}.
t|{off}% off {goods}, one week, no upsell. Code: {code}.
t|Pricing change: {goods} are now {off}% cheaper. Existing customers get it automatically.
@customer
{story}
{story} [This is why we do it.|Stories like this make our week.|We're not crying, you are.|Thank you for telling us.]
[Feel-good story of the week:|A letter we won't forget:|From our inbox:] {story}
{story} Tag someone who needs to [hear|read] this today.
Some days this job is the best one in {city}. {story}
You tell us your stories and we pin them on the wall at {place}. Today's: {story}
To the person who left {dozens} thank-you cards at {place}: we found you. [You know who you are.|Thank you.]
"[You turned the worst day of my year around.|I've never had help like that from a company.|Please give {first} a raise.]" A note we got from one of our {fans} in {city}.
Our {fans} are the best. [That's it.|Exhibit A:] {story}
{first} has been with us for {years} years. We asked what changed. "Only my hair."
pw|Okay, who's cutting onions? {story}
p|This. {story}
w|We met so many kind people this year. {first} is one of them. {story}
f|In our latest customer story, {first} explains how it began. {story}
f|Case study: how one of our customers in {city} saved {pct}% in {few} months.
t|Customer story: {story}
@event
Join us [for|at] {event}[, {weekday} at {clock}| this {weekday}| in {nextmonth}].
{^event} is back. [{weekday}, {clock}.|Doors open at {clock}.|Bigger, louder and rain or shine.]
Save the date: {event}, {nextmonth} {dayno}.
[One week|{^few} days|Two sleeps] to go until {event}.
Live now: {event}. [Come on in.|Follow along.|{first} is on stage.]
{^few} reasons to come to {event}. Number one: {first} is bringing the {makers}.
Thank you to the {hundreds} people who came to {event}! [What a day.|Same again next year?|Photos are up.]
Couldn't make it to {event}? [The recording is up.|Here are the highlights.|We saved you the best bits.]
Meet {first} and our {makers} at {event}. [Stand B{dozens}.|Ask anything.|Coffee's on us.]
{first} {surname} takes the stage at {event} at {clock} to talk about the future of our industry.
Tickets for {event} are [on sale now|nearly gone|free, but you need one].
We're live from {place} at {clock} {zone}: {first} answers your questions.
[Where to find us this {weekday}:|On the calendar:] {event}, {city}, from {clock}.
pw|What are you doing on {weekday}? Wrong. You're coming to {event}.
p|Plus-ones welcome, umbrellas advised: {event}, {weekday}.
w|Bring the kids, bring the neighbors: {event} starts at {clock} on {weekday}.
f|{brand} will take part in {event} [in {city} next week|on {nextmonth} {dayno}]. Registration is now open.
f|Our chief executive {first} {surname} joins the opening panel at {event}.
t|Talks, no pitches. {^event}: {nextmonth} {dayno}, {city} and online.
t|Webinar {weekday}, {clock} {zone}: {few} lessons from {years} years of doing this. Questions welcome.
@tip
{tip}
[Tip of the week:|Quick tip:|Worth knowing:|Did you know?] {tip}
{first} from {place} gets asked this every day. The answer: {tip}
[Asked at the counter today:|You asked, {first} answers:|From our FAQ:] {tip}
{tip} [Pass it on.|Save for later.|Thank us later.|You're welcome.]
One thing the {makers} at {place} say [every day|to everyone|until they're hoarse]: {tip}
What our {makers} would tell you first: {tip}
Five minutes, one tip. {tip}
{^month} checklist, item one. {tip}
It's {today}, so here's something useful: {tip}
pw|Free advice from people who learned it the hard way: {tip}
p|Write this on your hand: {tip}
w|{first} has done this for {years} years. One piece of advice? "{tip}"
f|Our experts recommend: {tip}
f|Guidance for our {fans} this {season}: {tip}
t|PSA. {tip}
t|One lesson from {hundreds} support tickets: {tip}
@outage
We know that {fault}. We're on it and will update you here by {clock}.
We're aware that {fault}. [Sorry about that.|Our team is working on a fix.|We're sorry for the trouble.]
Sorry, everyone: {fault}. [A fix is on the way.|We'll keep you posted.|Thanks for your patience.]
Update, {clock} {zone}: {fault}. We've found the cause and are fixing it now.
[Fixed:|Resolved:] {fault}. Everything should be back to normal now. [Thank you for bearing with us.|If it isn't for you, send us a message.]
All clear on this one: {fault}. [Sorry for the wait.|What we'll change: plenty. Details soon.]
Seeing this, too? {^fault}. It's us, not you. Working on it.
We got this one wrong. {^fault}, and we took too long to tell you. We apologize.
Planned maintenance this {weekday} from {clock} {zone}. [Some services will be unavailable for an hour.|We'll be quick.]
Hi <mention>, sorry to hear that. Please send us a direct message with your order number and we'll [look into it|sort it out].
<mention> Thanks for letting us know. [We've passed it to the team at {place}.|Could you DM us your reference number?|That shouldn't happen, and we'd like to put it right.]
pw|Well, this is awkward. {^fault}. We're fixing it with one hand and eating humble pie with the other.
w|Thank you for being so patient with us today. {^fault}, and it should be better by {clock}.
f|We are currently experiencing a technical issue: {fault}. We apologize for any inconvenience.
f|Service notice: {fault}. Next update at {clock} {zone}.
t|Status: investigating. {^fault}. Next update in 30 minutes.
t|Status: resolved at {clock} {zone}. Issue: {fault}. Post-mortem to follow.
@behind
{scene}
{scene} [Good morning.|This is what we do.|Respect.|The glamorous life.]
[Behind the scenes:|A day at {place}:|{today} at {place}.|Inside {place}:] {scene}
Ever wondered what goes on [before you wake up|behind that door|while you sleep]? {scene}
Meet {first}, one of our {makers}. {scene}
{scene} We asked {first} for the secret. "Coffee and stubbornness."
Shout-out to the {makers} at {place}, who [never get the credit|kept things going this week|make it look easy].
{^few} generations of one family at {brand}. {first}'s grandmother started here at sixteen.
What's on {first}'s desk? [A screwdriver, a cactus and half a sandwich.|Three notebooks and no computer.|You'd be surprised.]
This is what {thousands} hours of practice looks like. {scene}
A short film about a long day: {first}, {place}, twelve hours.
Happy work anniversary to {first}, {years} years at {brand} and still the first one in.
pw|POV: it's your first day at {place}. {scene}
p|{scene} No further questions.
w|So proud of these people. {scene}
f|Our {makers} rarely see the spotlight. Today they do. {scene}
f|How is it made? {first} takes you through {place}.
t|How the sausage gets made. {scene}
@sports
[Come on|Let's go], {club}! {^place} is wearing your colors today.
What a game! {score} and {club} are through. [Who's still awake?|Our {makers} lost their voices.]
Proud sponsor of {club} since day one. Tonight's the final. [Bring it home.|We believe.]
Congratulations to {club} on the title! {dozens} seasons of waiting, one night of singing.
Good luck to {first}, part of our family at {brand}, who runs for the national team today.
{score} down at half-time, champions at the whistle. [Never stop believing.|That's {club} for you.]
Kick-off at {clock}. Every TV at {place} is on. [Score predictions?|Who wins?]
Our under-10s girls' team in {city} won its first match. {score}! [Future stars.|Look at those faces.]
Gold!!! {first} wins the 1500 meters and every one of us is on our feet.
Two tickets for {club} against {rival} up for grabs. [Reply with your score prediction.|Follow and tell us who you'd take.]
Every goal {club} score this season, we give {hundreds} footballs to schools in {city}.
The {brand} five-a-side team lost {score} to {rival}. We don't want to talk about it.
pw|LET'S GOOOO {club:upper}! {score}!
p|Productivity report for today's match: none.
w|Football at its best: muddy knees, loud parents, {score}. Well played, {city}.
f|{brand} extends its partnership with {club} until {nextyear}.
f|We are proud to support the women's national team on its way to the finals.
t|Model said {pct}% for {club}. The pitch said {score}.
@results
{rq} results are in: {metric}.
{^metric} in {rq}. [Thank you to our {makers}.|Full results today at {clock} {zone}.]
{rq} at a glance: {metric}, and {metric2}.
"[A strong quarter in a hard market.|We grew while spending less.|Our customers stayed, and they brought friends.]" Chief executive {first} {surname} on {rq}: {metric}.
Today we reported our results for {rq}. {^metric}, while {metric2}.
Watch live at {clock} {zone}: {first} {surname} presents our {rq} results.
Our annual report is out. Highlights of {lastyear}: {metric}; {metric2}.
We're raising our outlook for {year} after {rq}. Reason one: {metric}.
A harder quarter than we hoped. {^metric}, but costs rose too. What we're changing.
The board proposes a dividend {pct}% above last year's.
fw|{^few} numbers from {rq}. First: {metric}.
p|Grown-up news for a minute: {metric} in {rq}. Back to normal shortly.
w|You made this happen: {metric} in {rq}. Thank you.
f|{brand} announces {rq} results: {metric}. Conference call at {clock} {zone}.
f|Chief financial officer {first} {surname} explains what drove {rq}: {metric}.
t|{rq} in one chart: {metric}.
@animals
This is {pet}. {pet} has attended {few} meetings today and approved none of them.
Meet {pet}, the {breed} who runs {place}.
{pet} the cat has found the warmest spot at {place}. [It's the printer.|It's {first}'s keyboard.|Do not disturb.]
It's Take Your Dog to Work Day and {place} has never smelled like this.
Employee of the month: {pet}, {breed}, head of snacks.
{first}'s {breed} {pet} is {few} today. [Cake was had.|Happy birthday, good boy.|Please send your wishes below.]
A {breed} walked into {place} this morning. [Nobody got any work done.|We've named him {pet}.]
Looking for a home: {pet}, a {breed} with big ears and bigger feelings, at the {city} shelter.
g|{pet} the shop cat slept on a pile of {goods} all {weekday}. [They're not for sale now.|Pricing to be confirmed.]
Before you ask: yes, you can bring your dog. {pet} insists.
{dozens} puppies, {few} kittens, one very happy team. Adoption day at {place} was a success.
Cat or dog? {first} brought both. {pet} is not pleased.
Found: one kitten, under the hood of a van at {place}. Her name is {pet} and she has staff now.
pw|Look at this face. LOOK AT IT. {pet} says hi.
p|{pet} ate the agenda. Meeting canceled.
pg|If cats ran {brand}: nap till {clock}, knock over the {goods}, demand a raise.
w|{pet}, our {breed}, has worked at {place} for {years} dog years. Today {pet} retires to the sofa.
f|Our {city} office welcomes a therapy dog every {weekday}. Meet {pet}, {breed}.
t|Our rubber duck has been replaced by a {breed}. {pet} finds more bugs.
@ask
{ask}
{ask} [Reply below.|Go.|Best answer wins.|Asking for a friend.|We'll share our favorites.]
[Important question:|It's {today}, so:|Settle this for us:|Question for our {fans}:] {ask}
{ask} We asked our {makers} and nobody could agree.
{first} and {second} at {place} have been arguing about this all week. {ask}
[Quick poll.|Serious talk.|Be honest.] {ask}
{ask} Wrong answers only.
Fill in the blank: {product} is best with ______.
Describe {place} in three emoji. [We'll start.|Go.]
pw|Hot take time. {ask}
p|{ask} Choose wisely, we're taking notes.
w|We love hearing from you. {ask}
f|We would like to hear your view. {ask}
f|Help shape what we do next: our {year} survey takes {few} minutes.
t|Poll. {ask}
@milestone
{age} years of {brand} today. [Thank you for all of them.|From one room in {city} to here.|Here's to the next.]
We just passed {bignum} followers. [Hello to all of you!|Thank you for being here.]
We won! {^product} is [product of the year|the jury's choice|named best in its class] at {event}.
Today {first} handed over our one-millionth order, in {city}. [It came with balloons.|The customer thought it was a prank.]
Our new home in {city} opened its doors this morning. [Come and see us.|{hundreds} people, one big red ribbon.]
Named among the {year} best employers in the country. This one belongs to our {makers}.
{first} {surname} has been named [chief executive|head of design|chair of our board]. {first} started here {years} years ago as {role}.
[Thrilled|Proud|Honored] to be shortlisted for the {year} {city} Business Awards. Fingers crossed.
g|{age} years ago today {first} sold the first of our {goods} from a folding table in {city}.
Look at that: five stars from {thousands} of our {fans}.
pw|We're {age} today! Blow out a candle with us.
p|Mom, we made the front page! {brand}, {year}.
w|From all of us at {place}: thank you for {age} wonderful years.
f|{brand} has been recognized with the {year} award for innovation in {city}.
f|We are pleased to announce the appointment of {first} {surname} as chief operating officer, effective {nextmonth} 1.
t|Version one was {age} years ago. The first commit is still in there.
"""

# A campaign: accounts of one company post it within days, with other words for {here} and {clock}.
CAMPAIGNS = """
@launch
{^product} has arrived in {here}. {benefit} Come and see it at {clock}.
Good morning, {here}! {^product} is here, and so are we from {clock}.
@sale
{off}% off {goods} in {here} until {weekday}. Doors open at {clock}.
One weekend, {here}: {off}% off {goods}. First come, first served from {clock}.
@hiring
We're hiring in {here}! Meet the team this {weekday} at {clock} and bring a friend.
{dozens} new jobs in {here}. Interviews start {weekday} at {clock}, no appointment needed.
@charity
This {weekday} at {clock} our {makers} in {here} are raising money for {cause}. Join them.
Every purchase in {here} this {weekday} helps to pay for {cause}. We start at {clock}.
@climate
{here} runs on less: {green} Find out how on {weekday} at {clock}.
@event
{^event} comes to {here}: {weekday}, {clock}. Free entry, good company.
"""
