"""What brands for the home, the wardrobe and the playroom talk about."""

WOBBLEWOOD = """
@product
the Marble Mountain :: Twelve ramps, one marble, about a thousand ways to play. :: Build it wrong. It's better that way.
Penny the Pull-Along Penguin :: Her wings flap when she rolls. You'll want a turn, too. :: Edges that small hands like and a string that won't tangle.
the Bridge Builder set :: Will it hold the cat? Find out. :: {dozens} beams, real physics, dramatic collapses.
the Little Lighthouse :: A night-light that turns, glows and never asks for Wi-Fi. :: For sailors aged two and up.
Tumble Town :: Blocks that lean, wobble and almost never fall. Almost. :: Survives being thrown down the stairs. Ask our own kids.
the Rainy Day Railway :: Forty feet of track and one whole rainy afternoon. :: Fits every train you already have.
@benefit
No batteries, no screens, just beech wood.
Made to be handed down, not thrown out.
Ages 3 to 93. We've seen the grandparents.
@goods
wooden train sets | building blocks | puzzles and games | stocking fillers
@makers
toymakers | designers | painters | junior testers
@fans
kids | parents | grandparents | big kids
@role
a toy designer | a safety tester | a workshop apprentice | a toy-store manager
an illustrator
@place
the workshop | our {city} toy store | the paint room | the play lab
@tip
Rotate toys: put half of them away for a month. They come back brand new.
Wooden toys clean up with a damp cloth and a drop of vinegar. Don't soak them.
Leave the box. The box is always the best toy.
Sort blocks by color once a week and call it a game. It works until about age six.
Boredom is where the good ideas live. Give it twenty minutes.
@scene
{first} sands every penguin beak by hand. That's {hundreds} beaks a week.
Our toughest tester is four years old and takes no notes, only the toy.
The prototype shelf: {dozens} ideas that didn't roll, float or fly. Yet.
Every railway leaves the workshop after one full lap of the test track.
Paint day. The whole workshop is now the color of a lemon.
@story
{first} sent us a photo of a train set from {years} years ago. A third kid is now driving it.
{first}, age five, wrote to ask whether penguins have knees. We built one that does.
A children's ward in {city} asked for quiet toys. {first} designed one over a weekend.
{first} couldn't find the missing piece, so we made a new one. It's in the mail.
{first} and Grandpa finished the lighthouse in one sitting. There was cocoa.
@green
For every tree we use we plant three, and you can visit them.
We've taken the last plastic window out of the last toy box.
Send back the toys you've outgrown: we mend them and give them to {dozens} nurseries.
Offcuts from the workshop now heat the workshop.
@fault
our web shop is struggling with the holiday rush | some gift messages didn't print
orders from {weekday} may arrive a day late
@cause
toys for {dozens} children's hospitals
{hundreds} play kits for families in temporary housing
a playground in {city}
@event
the Toymakers' Open Workshop | Build-a-Boat Day in {city} | the Wobblewood Winter Market
National Play Day
@ask
What was your favorite toy growing up?
Which should we make next: a dragon or a dump truck?
What's the tallest tower in your house so far?
Whose socks does the toy train run over at your place?
@metric
export sales grew {pct}% | {pct}% more families sent toys back for repair
our {season} range sold out in {few} weeks | we shipped {thousands} train sets
@tag
#PlayMore | #WobblewoodToys | #WoodenToys | #RainyDayFun | #Playtime
@emoji
🧸 | 🚂 | 🎠 | 🪁
"""

NOOKMERE = """
@product
the Fjell armchair :: Wide enough for you and a sleeping dog. :: Designed around the way people actually sit, which is sideways.
the Haven sofa bed :: Opens with one hand, sleeps two, hides the guest duvet. :: Finally, a sofa bed your in-laws won't mention.
the Sill bookshelf :: Eleven inches deep, so it fits the hallway, too. :: It doesn't wobble. We put a piano next to it and jumped.
the Two Cup side table :: Big enough for coffee and a book. That's the idea. :: Slides over the armrest and out of the way.
the Drift lamp :: Warm light, no glare, a switch you can find in the dark. :: It dims to candle level for the last chapter.
the Long Supper table :: Seats four on a Monday and twelve on a holiday. :: Solid oak that takes red wine in its stride.
@benefit
Four screws, one key, no arguments.
Built to be taken apart, moved, and built again.
@goods
sofas and armchairs | rugs and lighting | bookshelves | outdoor furniture
@makers
designers | upholsterers | carpenters | stylists
@fans
home lovers | renters | first-time buyers | book hoarders
@role
a furniture designer | an upholsterer | an interior stylist | a returns specialist
a store planner
@place
the design studio | our {city} showroom | the upholstery workshop | the test lab
@tip
Hang art so that its middle is at eye level, about 57 inches from the floor.
Three lamps beat one ceiling light. Every time.
Measure the doorway before the sofa. Trust us.
A rug should reach under the front legs of every seat around it.
Oil your wooden table twice a year and it'll outlive your mortgage.
Paint a narrow hallway dark. It sounds wrong and looks right.
@scene
A machine sits down on this chair {thousands} times before you do.
{first} stitches one armchair cover in forty minutes. Our best intern took a day.
Forty shades of gray on the wall and the team is still arguing about number 31.
First sketch on the left, showroom floor on the right, two years in between.
Inside the room where we spill red wine on purpose.
@story
{first} fit a library, a bed and a desk into 260 square feet in {city}. Here's how.
{first} has moved the same bookshelf through {few} apartments. It still doesn't wobble.
{first} turned our flat-pack boxes into a castle with a working drawbridge.
New parents {first} and {second} furnished a nursery for under $500. It's lovely.
@green
Bring back your old sofa and we'll re-cover it, resell it or take it apart for parts.
Every cover we make from {nextmonth} on is recycled cotton.
We've replaced the foam in our packaging with mushrooms. Really.
Spare parts for anything we've sold in the last {years} years are now free.
@fault
assembly bookings are showing the wrong dates | our delivery tracker is stuck on Monday
stock levels on the site are out of date
@cause
beds for {hundreds} families leaving shelters
furniture for {dozens} refugee homes in {city}
reading corners in {dozens} public libraries
@event
the Nookmere Repair Café | Small Spaces Week in {city} | our {season} sample sale
the Open Studio evening
@ask
Cushions on the sofa: charming or in the way?
Show us your reading corner.
Which room in your home never gets finished?
Bed against the wall or in the middle of the room?
@metric
sofa orders rose {pct}% | returns fell by {pct}% after we changed the packaging
our repair service handled {thousands} chairs | showroom visits grew {pct}%
@tag
#NookmereHome | #SmallSpaces | #InteriorDesign | #HomeInspo | #MakeRoom
@emoji
🛋️ | 🪴 | 🏡 | 🕯️
"""

PETALUME = """
@product
Velvet Hour lipstick :: One coat, ten hours, zero touch-ups. :: {dozens} reds and pinks, because skin isn't three colors.
the Dew Point serum :: Hyaluronic acid that drinks in and doesn't pill. :: Your skin after eight hours of sleep, minus the eight hours.
Glasshouse SPF 50 :: No white cast, no sting, no excuses. :: Sunscreen that sits well under makeup, at last.
Petalume Bare balm :: A touch of color for lips, cheeks and lazy Sundays. :: Five ingredients and you know all of them.
the Nine to Nine mascara :: Tested on the morning commute in July. :: Survives weddings, onions and the last ten minutes of the film.
Moonmilk cleanser :: Takes off the day, leaves the moisture. :: Gentle enough for the skin around your eyes.
@benefit
Fragrance-free, cruelty-free, drama-free.
In a case you can refill.
@goods
lip colors | skincare sets | brushes and refills | sunscreen
@makers
chemists | makeup artists | shade developers | formulators
@fans
skincare nerds | bare-face believers | red-lip loyalists | gloss lovers
@role
a cosmetic chemist | a makeup artist for our {city} counter | a shade developer | a packaging engineer
a community manager
@place
the lab | our {city} counter | the shade room | the backstage tent
@tip
Sunscreen is the last step of skincare and the first of makeup. Two fingers' worth.
Patch-test behind the ear for two days before you trust a new serum with your face.
Wash your brushes on Sunday. Future you says thanks.
Vitamin C in the morning, retinol at night, never fighting over the same hour.
Cream blush goes on before powder, always.
Moisturizer on damp skin works twice as hard.
@scene
It took {dozens} tries to get this red right. The names of the other ones are unprintable.
{first} mixes every first batch by hand, with a spoon, like soup.
Backstage with {first}: {few} faces, twenty minutes, one very steady hand.
Our shade room has north light, gray walls and very strong opinions.
A batch of balm gets poured at 5 a.m. because that's when the lab is cool enough.
@story
{woman} wore our red to her first day in court. She won.
After chemo, {woman} came in to learn how to draw brows. She left teaching us.
{woman} sent a selfie from a night shift, hour eleven, mascara intact.
{woman} and her mother now fight over the same tube. We sent a second one.
@green
Refills now cost {pct}% less than the first tube, because the case is the wasteful part.
We've removed plastic glitter from every formula. It sparkles the same.
Send back five empties, get a balm. {thousands} of you did last month.
Our boxes are grown from grass. They even smell a little like it.
@fault
the shade finder is giving odd results | our web shop is down for some of you
birthday gifts aren't showing in the app
@cause
skincare kits for {hundreds} hospital patients
training for {dozens} young makeup artists in {city}
safe housing for {few} families
@event
the Petalume Masterclass in {city} | Backstage Live | the Shade Lab pop-up
Refill Week
@ask
Matte or gloss? Pick a side.
What's the one product you'd save from a fire?
How many red lipsticks is too many?
What's your five-minute face?
@metric
refill sales grew {pct}% | skincare overtook makeup for the first time
we added {dozens} counters abroad | repeat orders reached {pct}%
@tag
#PetalumeGlow | #SkincareTips | #CrueltyFree | #RedLipDay | #BeautyNotes
@emoji
💄 | ✨ | 🌸 | 💅
"""

FELLMARK = """
@product
the Ridgeline 40 pack :: Under two pounds and it carries like half of that. :: Pockets where your hands already go.
the Cloudbreak shell :: Built for the weather you didn't check. :: Three layers, one zip, totally dry.
the Scree Runner 2 :: Grips on wet granite like it means it. :: Wider toe box, deeper lugs, same stubborn heel.
the Basecamp tent :: Up in four minutes, even with cold hands. :: Room for two sleepers, two dogs and the wet stuff.
the Emberline down jacket :: Packs to the size of a loaf and warms like an oven. :: Traceable down and a hood that fits over a helmet.
the Tarn wool sock :: Merino, no seams, no blisters, surprisingly little smell. :: Day five and still friends.
@benefit
Repairable with a needle, a patch and ten minutes by the fire.
Guaranteed for life. Yours or the gear's.
Field-tested through {few} winters in the Cairngorms.
@goods
waterproof jackets | hiking boots | tents and sleeping bags | last season's packs
@makers
guides | gear testers | menders | designers
@fans
hikers | climbers | trail runners | weekend wanderers
@role
a mountain guide | a gear-repair technician | a textile engineer | a store lead
a trail-running ambassador
@place
the repair bench | our {city} store | the wind tunnel | base camp
@tip
Turn back while you still want to go on. The summit will be there next week.
Dry boots with newspaper, not on the radiator. Heat cracks leather.
Wash your shell. Dirt, not wear, is what makes it leak.
Pack the tent at the top of the bag on rainy days. Your lunch can wait.
Cotton kills is a cliché because it's true. Wool or synthetic next to the skin.
Tell somebody where you're going and when you'll be back. Then text them.
@scene
{first} has slept outside {hundreds} nights to test one sleeping bag.
The wind tunnel goes to 90 mph. {first}'s hair has never recovered.
Our repair bench mended {thousands} zips last year. Zip number one is still the hardest.
Sunrise from camp two. Nobody slept, nobody minds.
Before a boot goes on sale it walks 600 miles on somebody's feet. This month they're {first}'s.
@story
{first} took up hiking at 67. This week: summit number {dozens}.
{first} and {second} walked coast to coast with one pack, one stove and no plan.
{first} lost a glove on the north face in {lastyear}. A stranger mailed it back to our store.
Our jacket went up the ridge with {first} and came down wrapped around a rescued dog.
{first} has mended the same tent for {years} summers. We sent new pegs and our respect.
@green
We'll repair it before we sell you a new one. {thousands} jackets saved so far this year.
All our waterproofing is now free of forever chemicals.
1% of every sale goes to keeping trails open, on good years and bad.
Our {city} store buys back used gear from today. Worn in isn't worn out.
The glacier on our logo has lost {pct}% of its ice since we drew it. That's why we act.
@fault
repair tracking isn't updating | our store phones are down in {city}
size charts on the site show last season's numbers
@cause
mountain-rescue radios for {few} volunteer teams
{dozens} miles of rebuilt trail
outdoor weekends for {hundreds} city kids
@event
the Fellmark Night Run | our navigation course near {city} | Banff film night at {place}
the {season} trail clean-up
@ask
Summit at sunrise or pub at sunset?
What's the one luxury that always makes it into your pack?
Where's your favorite place to be rained on?
Tell us about the worst night you've had in a tent.
@metric
repairs rose {pct}% | resale gear grew to {pct}% of our business
footwear sales rose {pct}% | we opened {few} new stores
@tag
#GetOutside | #FellmarkTested | #TrailRunning | #Hiking | #LeaveNoTrace
@emoji
🏔️ | 🥾 | ⛺ | 🌄
"""
